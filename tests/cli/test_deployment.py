"""The deployment of a system through its record: what it takes for done, and every moment at which it can be cut off."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ape.exceptions import TransactionError
from web3.exceptions import Web3RPCError

from perpetual_pools import records
from perpetual_pools.chain import contracts, networks, sending
from perpetual_pools.chain.contracts import instance
from perpetual_pools.chain.sending import SendingError
from perpetual_pools.deployment.resume import DeploymentError
from perpetual_pools.deployment.system import SystemDeployment, deploy_system
from perpetual_pools.model import CommitType
from perpetual_pools.parameters import Parameters, ParametersError, load
from perpetual_pools.records import Record
from tests.support.commands import UNDER_WAY
from tests.support.interruptions import PAIRS, POOL, STEPS, Crash, Faults
from tests.support.systems import LOCAL

pytestmark = pytest.mark.usefixtures("deployment")
HOUR = 3_600
USDC = 10**6


def essence(record: Record) -> dict[str, Any]:
    """What does not depend on when it was sent."""
    calls = {name: (call.target, call.function, call.sender) for name, call in record.calls.items()}
    made = {
        name: entry.model_dump(exclude={"transaction", "block", "gas_used"})
        for name, entry in record.deployments.items()
    }
    return {**calls, **made}


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    return Faults(monkeypatch)


@pytest.fixture
def stop_at(owner: Any, path: Path, faults: Faults, small: Parameters) -> Callable[..., None]:
    """`stop_at(step, sent=...)`: a run that ends there, before or after the step's transaction is sent."""
    return lambda step, sent: faults.stop_at(step, owner, small, path, sent)


# --- cut off, and run again ---


def test_deploy_system__crash_at_every_moment__sends_nothing_twice(
    owner: Any, chain: Any, path: Path, tmp_path: Path, faults: Faults, small: Parameters
) -> None:
    """Each step is cut off before its intent is written, after that, after it was sent, and after that is recorded."""
    start, snapshot = owner.nonce, chain.snapshot()
    farm = small.farm.model_copy(update={"start": chain.blocks.head.timestamp + 24 * HOUR})  # whenever it is deployed
    small = small.model_copy(update={"farm": farm})
    expected = essence(deploy_system(owner, small, tmp_path / "uninterrupted.json"))
    assert list(expected) != []
    assert owner.nonce == start + len(STEPS)
    chain.restore(snapshot)
    assert owner.nonce == start

    nonces = []
    for _ in STEPS:
        for plan in (["crash before"], ["crash after"], ["none", "crash before"], ["crash after"]):
            faults.plan = list(plan)
            with pytest.raises(Crash):
                deploy_system(owner, small, path)
            nonces.append(owner.nonce - start)
    assert nonces == [sent for step in range(len(STEPS)) for sent in (step, step, step + 1, step + 1)]
    record = deploy_system(owner, small, path)
    assert owner.nonce == start + len(STEPS)
    assert essence(record) == expected
    assert record == records.load(path)
    assert record.intent is None


def test_deploy_system__finished__sends_and_writes_nothing(
    owner: Any, path: Path, small: Parameters, deployed: Record
) -> None:
    before, written = owner.nonce, path.stat().st_mtime_ns
    said: list[str] = []
    assert deploy_system(owner, small, path, said.append) == deployed
    assert said == [f"{name}: done already" for name in STEPS]
    assert (owner.nonce, path.stat().st_mtime_ns) == (before, written)


@pytest.fixture
def lose_first(
    owner: Any, chain: Any, path: Path, small: Parameters, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], bytes]:
    """A run whose first transaction does not arrive; answers the transaction."""

    def lose() -> bytes:
        lost: list[bytes] = []

        def send(raw: bytes) -> None:
            lost.append(raw)
            raise ConnectionError("connection lost")

        with monkeypatch.context() as patch:
            patch.setattr(chain.provider.web3.eth, "send_raw_transaction", send)
            with pytest.raises(ConnectionError):
                deploy_system(owner, small, path)
        return lost[0]

    return lose


def test_deploy_system__transaction_that_did_not_arrive__cannot_do_so_later(
    owner: Any, chain: Any, path: Path, small: Parameters, lose_first: Any
) -> None:
    """It has the nonce of the one that was sent in its place."""
    start, lost = owner.nonce, lose_first()
    token = small.settlement_token.model_copy(update={"name": "Dollar"})  # and so another hash
    deploy_system(owner, small.model_copy(update={"settlement_token": token}), path)
    with pytest.raises(Web3RPCError, match="nonce too low"):
        chain.provider.web3.eth.send_raw_transaction(lost)
    assert owner.nonce == start + len(STEPS)


def test_deploy_system__lost_transaction_arrives_while_the_plan_is_read__is_not_sent_again(
    owner: Any, chain: Any, path: Path, small: Parameters, lose_first: Any
) -> None:
    start, lost = owner.nonce, lose_first()
    with pytest.raises(SendingError) as raised:
        deploy_system(owner, small, path, review=lambda _: chain.provider.web3.eth.send_raw_transaction(lost))
    assert str(raised.value) == UNDER_WAY.format(owner.address)
    record = deploy_system(owner, small, path)
    assert owner.nonce == start + len(STEPS)
    assert record.address("settlement token") == contracts.creation_address(owner.address, start)


def test_deploy_system__transaction_still_waiting__is_waited_for(
    owner: Any, chain: Any, path: Path, small: Parameters, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, and not mined when the next run begins."""
    start, provider = owner.nonce, chain.provider
    provider.make_request("evm_setAutomine", [False])
    try:
        with monkeypatch.context() as patch:
            patch.setattr(sending, "confirmed", lambda _: (_ for _ in ()).throw(Crash("while waiting")))
            with pytest.raises(Crash):
                deploy_system(owner, small, path)
        assert owner.nonce == start  # what is mined

        def mine_and_confirm(transaction: Any, confirmed: Any = sending.confirmed) -> Any:
            provider.make_request("evm_mine", [])
            return confirmed(transaction)

        monkeypatch.setattr(sending, "confirmed", mine_and_confirm)
        record = deploy_system(owner, small, path)
    finally:
        provider.make_request("evm_setAutomine", [True])
    assert owner.nonce == start + len(STEPS)
    assert record.address("settlement token") == contracts.creation_address(owner.address, start)


def test_deploy_system__other_transactions_of_the_account_waiting__sends_nothing(
    owner: Any, stranger: Any, chain: Any, path: Path, small: Parameters
) -> None:
    start, provider = owner.nonce, chain.provider
    provider.make_request("evm_setAutomine", [False])
    try:
        provider.make_request("eth_sendTransaction", [{"from": owner.address, "to": stranger.address, "value": "0x1"}])
        with pytest.raises(SendingError) as raised:
            deploy_system(owner, small, path)
    finally:
        provider.make_request("evm_setAutomine", [True])
        provider.make_request("evm_mine", [])
    assert str(raised.value) == UNDER_WAY.format(owner.address)
    assert not path.exists()
    assert owner.nonce == start + 1


def test_deploy_system__nonce_went_elsewhere_and_nothing_was_made__sends_anew(
    owner: Any, stranger: Any, path: Path, small: Parameters, stop_at: Any
) -> None:
    start = owner.nonce
    stop_at("factory", sent=False)
    owner.transfer(stranger, 1)
    record = deploy_system(owner, small, path)
    assert owner.nonce == start + 1 + len(STEPS)
    assert record.address("factory") == contracts.creation_address(owner.address, start + 5)


@pytest.mark.parametrize("step", ["factory", "BTC/USD first round"])
def test_deploy_system__same_step_under_another_hash__stops_and_says_so(
    owner: Any, project: Any, chain: Any, path: Path, small: Parameters, stop_at: Any, step: str
) -> None:
    """As when a wallet sends it again with another fee. Nobody can tell by the nonce alone."""
    stop_at(step, sent=False)
    intent = records.load(path).intent
    if step == "factory":
        owner.deploy(project.PoolFactory, owner, owner, gas_limit=10_000_000)
    else:
        feed = instance("ReplayAggregator", records.load(path).address("BTC/USD feed"))
        feed.pushRound(1, 30_000 * 10**8, 1, 1, sender=owner)
    before, nonce = path.read_bytes(), owner.nonce
    with pytest.raises(DeploymentError) as raised:
        deploy_system(owner, small, path)
    assert str(raised.value) == (
        f"{path}: an earlier run was sending {step!r} with nonce {intent.nonce} as {intent.transaction}, but another "
        "transaction has used that nonce, maybe the same one with another fee. If it did the step, enter it in the "
        'record. If not, set "intent" to null there. Then run again'
    )
    assert (path.read_bytes(), owner.nonce) == (before, nonce)


@pytest.mark.parametrize("has_intent", [True, False])
def test_deploy_system__pool_is_there_already__is_entered(
    owner: Any, chain: Any, path: Path, small: Parameters, stop_at: Any, has_intent: bool
) -> None:
    stop_at(POOL, sent=False)
    record = records.load(path)
    if not has_intent:
        records.save(path, record.model_copy(update={"intent": None}))
    params = small.pool_params(small.markets[0], record.address("settlement token"), record.address("BTC/USD oracle"))
    pool = contracts.deploy_pool(owner, instance("PoolFactory", record.address("factory")), params)
    nonce, block = owner.nonce, chain.blocks.head.number
    chain.mine(3)
    entry = deploy_system(owner, small, path).deployments[POOL]
    assert owner.nonce == nonce + len(STEPS) - STEPS.index(POOL) - 1
    assert (entry.address, entry.block) == (pool.address, block)


def test_deploy_system__node_is_behind__sends_nothing(owner: Any, path: Path, small: Parameters, stop_at: Any) -> None:
    """The nonce would be taken by the time it gets there, or leave a gap."""
    stop_at("keeper", sent=False)
    record = records.load(path)
    intent = record.intent.model_copy(update={"nonce": owner.nonce + 2})
    records.save(path, record.model_copy(update={"intent": intent}))
    nonce = owner.nonce
    with pytest.raises(DeploymentError) as raised:
        deploy_system(owner, small, path)
    assert str(raised.value) == (
        f"{path}: an earlier run was sending 'keeper' with nonce {nonce + 2}, but the node is behind: it expects nonce "
        f"{nonce} from {owner.address}. Wait, then run again"
    )
    assert owner.nonce == nonce


def test_deploy_system__transaction_fails__is_not_entered_and_sent_anew(
    owner: Any, chain: Any, path: Path, small: Parameters
) -> None:
    """The price is too old when the pool is deployed: 90,000 seconds are accepted. A new round mends it."""
    start = owner.nonce

    def wait_for_the_pool(line: str) -> None:
        if line.startswith("keeper"):
            chain.mine(timestamp=chain.blocks.head.timestamp + 90_100)

    with pytest.raises(TransactionError):
        deploy_system(owner, small, path, wait_for_the_pool)
    record = records.load(path)
    assert owner.nonce == start + STEPS.index(POOL) + 1
    assert POOL not in record.deployments
    assert record.intent.step == POOL

    now = chain.blocks.head.timestamp
    feed = instance("ReplayAggregator", record.address("BTC/USD feed"))
    feed.pushRound(2, 31_000 * 10**8, now, now, sender=owner)
    said: list[str] = []
    record = deploy_system(owner, small, path, said.append)
    assert said[:2] == [
        f"{POOL}: was sent in an earlier run, {record_of_failure(said[0])}",
        f"{POOL}: that transaction failed and changed nothing",
    ]
    assert instance("LeveragedPool", record.address(POOL)).lastPrice() == 31_000 * 10**18
    assert owner.nonce == start + len(STEPS) + 2  # the failed pool and the round


def record_of_failure(line: str) -> str:
    return line.rsplit(" ", 1)[1]


# --- the record against chain, account and parameters ---


@pytest.fixture
def deployed(deployment: Record, path: Path) -> Record:
    """The finished deployment of `small`, recorded at `path`."""
    records.save(path, deployment)
    return records.load(path)


def refusal(owner: Any, parameters: Parameters, path: Path) -> str:
    """Why nothing is sent and nothing is written."""
    nonce, before = owner.nonce, path.read_bytes()
    with pytest.raises(DeploymentError) as raised:
        deploy_system(owner, parameters, path)
    assert (owner.nonce, path.read_bytes()) == (nonce, before)
    return str(raised.value).removeprefix(f"{path}: ")


OTHER_HASH = "0x" + "ab" * 32
OTHER_ADDRESS = "0x00000000000000000000000000000000000000A1"


FACTORY, FIRST_ROUND = ("deployments", "factory"), ("calls", "BTC/USD first round")


@pytest.mark.parametrize(
    ("entry", "key", "value", "what", "chain_says"),
    [
        (FACTORY, "address", OTHER_ADDRESS, "address", None),
        (FACTORY, "transaction", OTHER_HASH, "transaction", "there is none"),
        (FACTORY, "block", 1, "block", None),
        (FACTORY, "deployer", OTHER_ADDRESS, "deployer", None),
        (FACTORY, "contract", "PoolKeeper", "contract", None),
        (FACTORY, "code_hash", OTHER_HASH, "code hash", None),
        (("deployments", POOL), "address", OTHER_ADDRESS, "address", None),
        (("deployments", POOL), "tokens", {"3L-BTC/USDC": OTHER_ADDRESS}, "tokens", None),
        (("deployments", "3L-BTC/USDC pair"), "address", OTHER_ADDRESS, "address", None),
        (("deployments", "3L-BTC/USDC pair"), "transaction", OTHER_HASH, "transaction", "there is none"),
        (("deployments", "factory"), "transaction", None, "transaction", "there is none"),
        (FACTORY, "gas_used", 1, "gas used", None),
        (FIRST_ROUND, "gas_used", 1, "gas used", None),
        (FIRST_ROUND, "transaction", OTHER_HASH, "transaction", "there is none"),
        (FIRST_ROUND, "block", 1, "block", None),
        (FIRST_ROUND, "sender", OTHER_ADDRESS, "sender", None),
    ],
)
def test_deploy_system__tampered_record__is_told_by_the_chain(
    owner: Any,
    path: Path,
    small: Parameters,
    deployed: Record,
    entry: tuple[str, str],
    key: str,
    value: Any,
    what: str,
    chain_says: str | None,
) -> None:
    """What the chain says is what was recorded, where it has it at all."""
    data = json.loads(path.read_text())
    section = data[entry[0]][entry[1]]
    was, section[key] = section[key], value
    path.write_text(json.dumps(data))
    more = "; if the chain dropped its last blocks, remove this entry and those after it. Then run again"
    assert refusal(owner, small, path) == (
        f"{entry[1]!r} has the {what} {value}, but the chain says {chain_says or was}. "
        f"Restore the record as it was written{more if what == 'transaction' else ''}"
    )


def test_deploy_system__contract_of_another_transaction__is_told(
    owner: Any, project: Any, path: Path, small: Parameters, deployed: Record
) -> None:
    """A factory of somebody else's, with all that a forger can make fit: block, contract and code hash."""
    data = json.loads(path.read_text())
    forged = contracts.deploy_factory(owner, owner, owner)
    entry = data["deployments"]["factory"]
    entry |= {"address": forged.address, "code_hash": contracts.code_hash(forged.address)}
    path.write_text(json.dumps(data))
    assert refusal(owner, small, path) == (
        f"'factory' has the address {forged.address}, but the chain says {deployed.address('factory')}. "
        "Restore the record as it was written"
    )


def test_deploy_system__call_of_another_target__is_told(
    owner: Any, path: Path, small: Parameters, deployed: Record
) -> None:
    data = json.loads(path.read_text())
    data["calls"]["3L-BTC/USDC farm"]["target"] = "factory"
    path.write_text(json.dumps(data))
    assert refusal(owner, small, path) == (
        f"'3L-BTC/USDC farm' has the target {deployed.address('factory')}, but the chain says {deployed.address('farm')}. "
        "Restore the record as it was written"
    )


@pytest.mark.parametrize(
    ("key", "value"), [("network", "arbitrum:mainnet-fork"), ("chain_id", 42161), ("genesis", OTHER_HASH)]
)
def test_deploy_system__record_of_another_chain__both_are_named(
    owner: Any, path: Path, small: Parameters, deployed: Record, key: str, value: Any
) -> None:
    """A fork has the id and the blocks of its chain, and is another one still."""
    other = deployed.model_copy(update={key: value})
    records.save(path, other)
    assert refusal(owner, small, path) == (
        f"{path} is the record of another chain: {other.network}, id {other.chain_id}, block 0 {other.genesis}. "
        f"The connected chain is arbitrum:local, id 31337, block 0 {deployed.genesis}. Name another file for this chain's "
        "record, or remove that file if its chain is gone"
    )


def test_deploy_system__another_account__both_are_named(
    owner: Any, stranger: Any, path: Path, small: Parameters, deployed: Record
) -> None:
    assert refusal(stranger, small, path) == (
        f"{path} is the record of {owner.address}: continue with that account, not with {stranger.address}"
    )


def test_deploy_system__other_parameters__both_values_are_named(
    owner: Any, path: Path, small: Parameters, deployed: Record
) -> None:
    other = small.model_copy(update={"pool": small.pool.model_copy(update={"mint_fee": 10**15})})
    assert refusal(owner, other, path) == (
        f"'{POOL}' has mintFee = 0, but the parameters say {10**15}. "
        "Deployed contracts cannot change: name another file to deploy new ones"
    )


def test_deploy_system__parameters_changed_while_a_step_was_under_way__are_told(
    owner: Any, path: Path, small: Parameters, stop_at: Any
) -> None:
    """What was sent is recorded as it was sent."""
    stop_at("BTC/USD oracle", sent=True)
    other = small.feeds["BTC/USD"].model_copy(update={"max_age": HOUR})
    with pytest.raises(DeploymentError) as raised:
        deploy_system(owner, small.model_copy(update={"feeds": {"BTC/USD": other}}), path)
    assert str(raised.value) == (
        f"{path}: 'BTC/USD oracle' has maxAge_ = 90000, but the parameters say 3600. "
        "Deployed contracts cannot change: name another file to deploy new ones"
    )
    record = records.load(path)
    assert record.intent is None
    assert record.deployments["BTC/USD oracle"].arguments["maxAge_"] == "90000"


def test_deploy_system__market_taken_out__is_named(
    owner: Any, path: Path, small: Parameters, deployed: Record, local: Parameters
) -> None:
    other = small.model_copy(update={"markets": [local.markets[0]]})
    assert refusal(owner, other, path) == f"{path} has '{POOL}', which the parameters do not ask for"


def test_deploy_system__step_under_way_taken_out__is_named(
    owner: Any, path: Path, small: Parameters, local: Parameters, stop_at: Any
) -> None:
    stop_at(POOL, sent=True)
    other = small.model_copy(update={"markets": [local.markets[0]]})
    assert refusal(owner, other, path) == f"an earlier run was sending '{POOL}', which the parameters do not ask for"


def test_deploy_system__market_added__is_all_that_is_sent(
    owner: Any, path: Path, small: Parameters, local: Parameters
) -> None:
    """The account has sent nothing since: what it sent could be one of the steps that are new."""
    deployed = deploy_system(owner, small, path)
    nonce = owner.nonce
    more = small.model_copy(update={"markets": [*small.markets, local.markets[0]]})
    record = deploy_system(owner, more, path)
    assert owner.nonce == nonce + 7
    pairs = {"1L-BTC/USDC pair", "1S-BTC/USDC pair"}
    assert record.deployments.keys() - deployed.deployments.keys() == {"1-BTC/USDC"} | pairs
    farms = {f"{staked} farm" for staked in {"1L-BTC/USDC", "1S-BTC/USDC"} | pairs}
    assert record.calls.keys() - deployed.calls.keys() == farms


# --- what is shown before anything is sent ---


@pytest.mark.parametrize("stopped", [False, True])
def test_foretell__names_the_addresses_that_follow(
    owner: Any, path: Path, small: Parameters, stop_at: Any, stopped: bool
) -> None:
    if stopped:
        stop_at("keeper", sent=True)
    foretold: list[dict[str, str]] = []
    lines: list[str] = []

    def review(run: SystemDeployment) -> None:
        foretold.append(run.foretell())
        lines.extend(run.describe())
        assert [step.name for step in run.open_steps] == (STEPS[6:] if stopped else STEPS)

    record = deploy_system(owner, small, path, review=review)
    assert foretold == [record.addresses]
    oracle = record.address("BTC/USD oracle")
    done = " (done)" if stopped else ""
    assert f" 5  factory: PoolFactory at {record.address('factory')}{done}" in lines
    assert f"      oracle = {oracle} (BTC/USD oracle)" in lines
    assert "      keeperRewardMax = 2000000" in lines


def test_deploy_system__review_raises__sends_nothing(owner: Any, path: Path, small: Parameters) -> None:
    def review(_: SystemDeployment) -> None:
        raise Crash

    nonce = owner.nonce
    with pytest.raises(Crash):
        deploy_system(owner, small, path, review=review)
    assert owner.nonce == nonce
    assert not path.exists()


def test_default_record_path__is_named_after_the_network(project: Any) -> None:
    assert networks.default_record_path() == project.path / "deployments" / "local.json"


# --- contracts that exist already, as on a real chain ---


def test_deploy_system__existing_contracts__are_used(owner: Any, path: Path, existing: Parameters) -> None:
    start = owner.nonce
    record = deploy_system(owner, existing, path)
    assert list(record.deployments) == ["BTC/USD oracle", "factory", "keeper", POOL, "farm", *PAIRS]
    assert list(record.calls) == [step for step in STEPS if step.endswith(" farm")]
    assert owner.nonce == start + 11
    assert record.deployments["BTC/USD oracle"].arguments == {
        "feed_": existing.feeds["BTC/USD"].address,
        "sequencerFeed_": existing.sequencer.feed,
        "maxAge_": "90000",
        "gracePeriod_": "3600",
    }
    pool = instance("LeveragedPool", record.address(POOL))
    assert pool.settlementToken() == existing.settlement_token.address
    assert pool.lastPrice() == 30_000 * 10**18


def line_of(key: str, after: str) -> int:
    """Where `key` stands in the file, in the section `after`."""
    lines = LOCAL.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip().startswith(after))
    return next(i + 1 for i, line in enumerate(lines) if i >= start and line.strip().startswith(key))


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("settlement_token", "symbol", "USDT", "expected 'USDC', as {address} answers, got 'USDT'"),
        ("settlement_token", "name", "Dollar", "expected 'USD Coin', as {address} answers, got 'Dollar'"),
        ("settlement_token", "decimals", 8, "expected 6, as {address} answers, got 8"),
        ("reward_token", "symbol", "USDC", "expected 'TCR', as {address} answers, got 'USDC'"),
        ("reward_token", "name", "TCR", "expected 'Tracer', as {address} answers, got 'TCR'"),
        ("settlement_token", "address", OTHER_ADDRESS, f"there is no contract at {OTHER_ADDRESS} on chain 31337"),
        ("BTC/USD", "description", "ETH / USD", "expected 'BTC / USD', as {address} answers, got 'ETH / USD'"),
        ("BTC/USD", "decimals", 18, "expected 8, as {address} answers, got 18"),
        ("BTC/USD", "address", OTHER_ADDRESS, f"there is no contract at {OTHER_ADDRESS} on chain 31337"),
    ],
)
def test_deploy_system__contract_is_not_what_the_parameters_say__line_and_both_values_are_told(
    owner: Any, path: Path, existing: Parameters, section: str, key: str, value: Any, message: str
) -> None:
    if section == "settlement_token":
        of = existing.settlement_token
        changed = {"settlement_token": of.model_copy(update={key: value})}
    elif section == "reward_token":
        of = existing.farm.reward_token
        changed = {"farm": existing.farm.model_copy(update={section: of.model_copy(update={key: value})})}
    else:
        of = existing.feeds[section]
        changed = {"feeds": {section: of.model_copy(update={key: value})}}
    nonce = owner.nonce
    with pytest.raises(ParametersError) as raised:
        deploy_system(owner, existing.model_copy(update=changed), path)
    assert raised.value.problems == [(line_of(key, section), message.format(address=of.address))]
    assert owner.nonce == nonce
    assert not path.exists()


def test_deploy_system__contract_that_is_no_token__is_told(owner: Any, path: Path, existing: Parameters) -> None:
    keeper = contracts.deploy_keeper(owner)
    token = existing.settlement_token.model_copy(update={"address": keeper.address})
    with pytest.raises(ParametersError) as raised:
        deploy_system(owner, existing.model_copy(update={"settlement_token": token}), path)
    ((line, message),) = raised.value.problems
    assert line == line_of("address", "settlement_token")
    assert message.startswith(f"the contract at {keeper.address} does not answer symbol(): ")


@pytest.fixture
def problem(owner: Any, path: Path, existing: Parameters) -> Callable[[], tuple[int, str]]:
    """`problem()`: what is told of `existing` as it is now, before anything is sent."""

    def tell() -> tuple[int, str]:
        nonce = owner.nonce
        with pytest.raises(ParametersError) as raised:
            deploy_system(owner, existing, path)
        assert owner.nonce == nonce
        assert not path.exists()
        ((line, message),) = raised.value.problems
        return line, message

    return tell


def test_deploy_system__feed_or_sequencer_unfit_now__is_told(
    owner: Any, chain: Any, existing: Parameters, problem: Any
) -> None:
    sequencer = instance("ReplayAggregator", existing.sequencer.feed)
    now = chain.blocks.head.timestamp
    sequencer.pushRound(2, 1, now, now, sender=owner)
    place = line_of("sequencer", "sequencer")
    assert problem() == (place, f"the sequencer is not up: answer 1, started at {now}")
    sequencer.pushRound(3, 0, 0, now, sender=owner)
    assert problem() == (place, "the sequencer is not up: answer 0, started at 0")
    sequencer.pushRound(4, 0, now, now, sender=owner)
    assert problem() == (place, f"the sequencer has been up only since {now}: wait until {now + HOUR}")

    feed = instance("ReplayAggregator", existing.feeds["BTC/USD"].address)
    _, _, _, updated_at, _ = feed.latestRoundData()
    chain.mine(timestamp=updated_at + 90_001)
    assert problem() == (
        line_of("max_age", "BTC/USD"),
        "the feed's latest round is 90001 seconds old, more than this",
    )


def test_deploy_system__feed_whose_answer_is_no_price__is_told(
    owner: Any, chain: Any, existing: Parameters, problem: Any
) -> None:
    """With 8 decimals, 2**96 in WAD is 7,922,816,251,426,433,759.35...: the next whole answer is the first too great."""
    feed = instance("ReplayAggregator", existing.feeds["BTC/USD"].address)
    now = chain.blocks.head.timestamp
    for round_id, answer in enumerate((0, -1, 7_922_816_251_426_433_760), start=2):
        feed.pushRound(round_id, answer, now, now, sender=owner)
        assert problem() == (
            line_of("address", "BTC/USD"),
            f"expected a feed whose latest answer is a price that pools accept (1 to 2**96 - 1 in WAD), got {answer}",
        )


def test_deploy_system__feed_with_the_greatest_price__is_accepted(
    owner: Any, chain: Any, path: Path, existing: Parameters
) -> None:
    feed = instance("ReplayAggregator", existing.feeds["BTC/USD"].address)
    now = chain.blocks.head.timestamp
    feed.pushRound(2, 7_922_816_251_426_433_759, now, now, sender=owner)
    pool = instance("LeveragedPool", deploy_system(owner, existing, path).address(POOL))
    assert pool.lastPrice() == 7_922_816_251_426_433_759 * 10**10


def test_deploy_system__finished__needs_no_price(owner: Any, chain: Any, path: Path, existing: Parameters) -> None:
    """Neither while the feed is stale nor while the sequencer is down. A market to be added does."""
    record, nonce = deploy_system(owner, existing, path), owner.nonce
    now = chain.blocks.head.timestamp + 90_100
    chain.mine(timestamp=now)
    assert deploy_system(owner, existing, path) == record
    instance("ReplayAggregator", existing.sequencer.feed).pushRound(2, 1, now, now, sender=owner)
    assert deploy_system(owner, existing, path) == record
    assert owner.nonce == nonce + 1  # the round
    more = existing.model_copy(update={"markets": [*existing.markets, load(LOCAL).markets[0]]})
    with pytest.raises(ParametersError, match="seconds old, more than this"):
        deploy_system(owner, more, path)


# --- what was deployed works ---


def test_pool_of_the_record__commits_and_rebalances(
    owner: Any, alice: Any, bob: Any, keeper: Any, chain: Any, deployment: Record
) -> None:
    """1,000 USDC on each side of 3-BTC/USDC, then the price rises from 30,000 to 33,000 in an hour.

    Each side pays 2 % a year for that hour, 10**9 * 0.02 / 8,760 = 2,283.1, so 2,283 units. Short keeps
    (10 / 11)**3 of 999,997,717, which is 751,313,085.65, rounded up, and long gains the rest of it. On time, no reward.
    """
    record = deployment
    token = instance("MockERC20", record.address("settlement token"))
    feed = instance("ReplayAggregator", record.address("BTC/USD feed"))
    pool = instance("LeveragedPool", record.address(POOL))
    keeper_contract = instance("PoolKeeper", record.address("keeper"))
    for trader, kind in ((alice, CommitType.LONG_MINT), (bob, CommitType.SHORT_MINT)):
        token.mint(trader, 1_000 * USDC, sender=trader)
        token.approve(pool, 1_000 * USDC, sender=trader)
        pool.commit(kind, 1_000 * USDC, trader, sender=trader)

    first = pool.nextRebalance()
    chain.pending_timestamp = first
    keeper_contract.upkeep([pool.address], [0], keeper, sender=keeper)
    assert tuple(pool.balances()) == (1_000 * USDC, 1_000 * USDC)

    feed.pushRound(2, 33_000 * 10**8, first + 60, first + 60, sender=owner)
    chain.pending_timestamp = first + HOUR
    keeper_contract.upkeep([pool.address], [0], keeper, sender=keeper)
    assert tuple(pool.balances()) == (999_997_717 + 248_684_631, 751_313_086)
    assert pool.protocolFees() == 2 * 2_283
    assert pool.lastPrice() == 33_000 * 10**18
    assert (pool.lastRebalance(), pool.nextRebalance()) == (first + HOUR, first + 2 * HOUR)
    assert token.balanceOf(pool) == 2_000 * USDC
    assert tuple(pool.claimable(alice)) == (0, 1_000 * 10**18, 0)
    assert tuple(pool.claimable(bob)) == (0, 0, 1_000 * 10**18)
