"""The deployment where nodes lag behind one another, records are old, and an account does other things too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ape.exceptions import ProviderError

from perpetual_pools import records
from perpetual_pools.chain import contracts, sending
from perpetual_pools.chain.contracts import ContractError
from perpetual_pools.chain.sending import SendingError
from perpetual_pools.deployment import facts as facts_module
from perpetual_pools.deployment.resume import DeploymentError
from perpetual_pools.deployment.system import SystemDeployment, deploy_system
from perpetual_pools.parameters import Parameters
from tests.support.interruptions import STEPS, Crash, Faults

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


@pytest.fixture
def stop_at(owner: Any, path: Path, faults: Faults, small: Parameters) -> Callable[[str], None]:
    """A run that ends after the step's transaction is sent, before that is recorded."""

    return lambda step: faults.stop_at(step, owner, small, path, sent=True)


@contextmanager
def without_block(chain: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> Iterator[None]:
    """A node that has not got the last block: it knows no code at the address, and no such block."""
    get_code, head = chain.provider.get_code, chain.blocks.head.number

    def lagging(_: Any, it: str, block_id: int | None = None) -> Any:
        if block_id is not None and block_id >= head:
            raise ProviderError("header not found")
        return b"" if it == address else get_code(it)

    with monkeypatch.context() as patch:
        patch.setattr(type(chain.provider), "get_code", lagging)
        yield


# --- nodes that lag behind one another ---


def test_node_without_the_last_block__of_an_intent__sends_nothing_twice(
    owner: Any, chain: Any, path: Path, small: Parameters, stop_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nonce is told by a node that is up to date; the transaction and the code are asked of one that is not."""
    start = owner.nonce
    stop_at("keeper")
    keeper = contracts.creation_address(owner.address, start + STEPS.index("keeper"))
    with without_block(chain, monkeypatch, keeper), monkeypatch.context() as patch:
        patch.setattr(sending, "is_known", lambda transaction: transaction != records.load(path).intent.transaction)
        patch.setattr(sending, "LOOK_EVERY", 0)
        with pytest.raises(ProviderError, match="header not found"):
            deploy_system(owner, small, path)
    record = deploy_system(owner, small, path)
    assert record.address("keeper") == keeper
    assert owner.nonce == start + len(STEPS)


def test_transaction_of_an_intent_that_shows_late__is_entered(
    owner: Any, path: Path, small: Parameters, stop_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = owner.nonce
    stop_at("keeper")
    asked: list[str] = []
    is_known = sending.is_known

    def late(transaction: str) -> bool:
        asked.append(transaction)
        intent = records.load(path).intent
        mine = intent is not None and transaction == intent.transaction
        return is_known(transaction) and not (mine and asked.count(transaction) < 3)

    monkeypatch.setattr(sending, "is_known", late)
    monkeypatch.setattr(sending, "LOOK_EVERY", 0)
    said: list[str] = []
    deploy_system(owner, small, path, said.append)
    assert said[0].startswith("keeper: was sent in an earlier run, 0x")
    assert owner.nonce == start + len(STEPS)


def test_code_that_a_node_does_not_know_yet__is_not_recorded(
    owner: Any, chain: Any, path: Path, small: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = owner.nonce
    keeper = contracts.creation_address(owner.address, start + STEPS.index("keeper"))
    get_code = chain.provider.get_code
    with monkeypatch.context() as patch:
        lagging = lambda _, it, block_id=None: b"" if it == keeper else get_code(it)  # noqa: E731
        patch.setattr(type(chain.provider), "get_code", lagging)
        with pytest.raises(ContractError) as raised:
            deploy_system(owner, small, path)
    assert str(raised.value) == (f"there is no code at {keeper} yet: the node is behind. Wait, then run again")
    assert "keeper" not in records.load(path).deployments
    assert deploy_system(owner, small, path).deployments["keeper"].code_hash == contracts.code_hash(keeper)
    assert owner.nonce == start + len(STEPS)


def test_nonce_of_a_node_that_is_behind__is_not_used(
    owner: Any, chain: Any, path: Path, small: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked just after the receipt of the factory, it is still that of the factory."""
    start = owner.nonce
    stale = start + STEPS.index("factory")
    with monkeypatch.context() as patch:

        def lag(line: str) -> None:
            if line.startswith("factory: "):
                patch.setattr(type(chain.provider), "get_nonce", lambda *_, **__: stale)
                patch.setattr(chain.provider.web3.eth, "get_transaction_count", lambda *_: stale)

        with pytest.raises(SendingError) as raised:
            deploy_system(owner, small, path, lag)
        assert str(raised.value) == (
            f"the next nonce of {owner.address} is {stale + 1}, but the node is behind: it expects nonce {stale}. "
            "Wait, then run again"
        )
    with monkeypatch.context() as patch:
        patch.setattr(sending, "nonce_at", lambda *_: stale)
        with pytest.raises(DeploymentError) as behind:
            deploy_system(owner, small, path)
        assert str(behind.value) == (
            f"{path} has a transaction with nonce {stale}, but the node is behind: it expects nonce {stale} from "
            f"{owner.address}. Wait, then run again"
        )
    assert records.load(path).intent is None
    deploy_system(owner, small, path)
    assert owner.nonce == start + len(STEPS)


def test_intent_with_the_nonce_of_a_recorded_step__is_dropped(
    owner: Any, path: Path, small: Parameters, stop_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a node that is behind made an earlier version write it."""
    start = owner.nonce
    stop_at("keeper")
    record = records.load(path)
    intent = record.intent.model_copy(update={"nonce": start + STEPS.index("factory"), "transaction": "0x" + "ab" * 32})
    keeper = contracts.creation_address(owner.address, start + STEPS.index("keeper"))
    records.save(path, record.model_copy(update={"intent": intent}))
    monkeypatch.setattr(sending, "LOOK_EVERY", 0)
    with pytest.raises(DeploymentError, match=f"has deployed {keeper}, which looks like one of the remaining steps"):
        deploy_system(owner, small, path)
    assert records.load(path).intent is None
    assert owner.nonce == start + STEPS.index("keeper") + 1


# --- records that are old, code that is another ---


def test_second_machine_with_the_record_of_yesterday__sends_nothing(
    owner: Any, path: Path, tmp_path: Path, small: Parameters
) -> None:
    start, other = owner.nonce, tmp_path / "other" / "record.json"

    def copy(line: str) -> None:
        if line.startswith("BTC/USD oracle"):
            records.save(other, records.load(path))

    record = deploy_system(owner, small, path, copy)
    with pytest.raises(DeploymentError) as raised:
        deploy_system(owner, small, other)
    assert str(raised.value) == (
        f"{other} ends before nonce {start + 4}, but with nonce {start + 4} {owner.address} has deployed "
        f"{record.address('factory')}, which looks like one of the remaining steps. Is there a newer record?"
    )
    assert owner.nonce == start + len(STEPS)


def test_account_that_did_something_else_meanwhile__goes_on(
    owner: Any, stranger: Any, project: Any, path: Path, small: Parameters, faults: Faults
) -> None:
    start = owner.nonce
    faults.plan = [*["none"] * (2 * STEPS.index("keeper")), "crash before"]
    with pytest.raises(Crash):
        deploy_system(owner, small, path)
    owner.transfer(stranger, 1)
    owner.deploy(project.PoolLens)
    deploy_system(owner, small, path)
    assert owner.nonce == start + 2 + len(STEPS)


@pytest.mark.parametrize(("name", "contract"), [("settlement token", "MockERC20"), ("factory", "PoolFactory")])
def test_other_code_compiled_here__is_told_before_anything_is_sent(
    owner: Any,
    path: Path,
    small: Parameters,
    faults: Faults,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    contract: str,
) -> None:
    faults.plan = [*["none"] * (2 * STEPS.index("keeper")), "crash before"]
    with pytest.raises(Crash):
        deploy_system(owner, small, path)
    nonce, commit = owner.nonce, records.load(path).deployments[name].commit
    encode = facts_module.encoded_arguments
    monkeypatch.setattr(
        facts_module, "encoded_arguments", lambda of, *arguments: (of == contract) * b"\0" + encode(of, *arguments)
    )
    with pytest.raises(DeploymentError) as raised:
        deploy_system(owner, small, path)
    assert str(raised.value) == (
        f"{path}: {name!r} was deployed from other code (commit {commit}). Check out that commit, then run again"
    )
    assert owner.nonce == nonce


def test_record_behind_a_link__is_the_one_that_is_written(
    owner: Any, tmp_path: Path, path: Path, small: Parameters
) -> None:
    real = tmp_path / "real" / "record.json"
    real.parent.mkdir()
    real.write_text("")
    real.unlink()
    path.symlink_to(real)
    record = deploy_system(owner, small, path)
    assert path.is_symlink()
    assert records.load(real) == record


# --- what is shown is what is done ---


def test_account_sends_something_after_the_plan_was_shown__nothing_is_sent(
    owner: Any, stranger: Any, path: Path, small: Parameters
) -> None:
    """The addresses that were agreed to would not be those that are made."""

    def review(run: SystemDeployment) -> None:
        list(run.describe())
        owner.transfer(stranger, 1)

    nonce = owner.nonce
    with pytest.raises(DeploymentError) as raised:
        deploy_system(owner, small, path, review=review)
    assert str(raised.value) == (
        f"{owner.address} has sent a transaction since the plan was shown, so the addresses would change. "
        "Nothing was sent; run again"
    )
    assert owner.nonce == nonce + 1
    assert not path.exists()


def test_too_little_ether__is_told_with_what_is_missing(
    chain: Any, owner: Any, path: Path, small: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = owner.nonce
    monkeypatch.setattr(type(chain.provider), "gas_price", property(lambda _: 10**9))

    def review(run: SystemDeployment) -> None:
        chain.provider.set_balance(owner.address, run.gas() * 10**9 - 10**12)

    with pytest.raises(DeploymentError, match=r"ETH: 0\.000001 ETH are missing\. Nothing was sent$"):
        deploy_system(owner, small, path, review=review)
    assert (owner.nonce, path.exists()) == (nonce, False)


def test_parameters_that_were_not_sent__are_not_said_to_be_done__and_the_offer_is_made_anew(
    owner: Any, bob: Any, alice: Any, path: Path, small: Parameters
) -> None:
    """The Safe and a weight corrected after the end."""
    wrong = small.model_copy(update={"owner": bob.address})
    record = deploy_system(owner, wrong, path)
    market = small.markets[0].model_copy(update={"weight": 7})
    right = wrong.model_copy(update={"owner": alice.address, "markets": [market]})
    described: list[str] = []
    nonce = owner.nonce
    runs: list[SystemDeployment] = []

    def review(run: SystemDeployment) -> None:
        described.extend(run.describe())
        assert [step.name for step in run.open_steps] == ["factory hand-over", "farm hand-over"]
        runs.append(run)

    deploy_system(owner, right, path, review=review)
    assert owner.nonce == nonce + 2
    assert "      weight = 1" in described
    assert "      weight = 7" not in described
    for name, contract in (("factory", "PoolFactory"), ("farm", "StakingFarm")):
        assert contracts.instance(contract, record.address(name)).pendingOwner() == alice.address
    assert [call.arguments for call in records.load(path).calls.values()][-2:] == [{"newOwner": alice.address}] * 2
