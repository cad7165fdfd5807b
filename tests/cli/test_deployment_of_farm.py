"""The farm, its pairs and the hand-over in the deployment of a system."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_utils import to_hex

from perpetual_pools import records
from perpetual_pools.chain import amm, contracts
from perpetual_pools.chain.contracts import instance
from perpetual_pools.deployment.plan import GAS, FunctionCall, plan
from perpetual_pools.deployment.rehearsal import rehearsal
from perpetual_pools.deployment.system import SystemDeployment, deploy_system
from perpetual_pools.model import ZERO_ADDRESS, Market
from perpetual_pools.parameters import After, Parameters, ParametersError
from perpetual_pools.records import Record
from tests.support.interruptions import POOL, TOKENS
from tests.support.systems import LOCAL, HandedOver

pytestmark = pytest.mark.usefixtures("deployment")

HOUR = 3_600


def line_of(key: str) -> int:
    lines = LOCAL.read_text().splitlines()
    return next(i for i, line in enumerate(lines, start=1) if line.strip().startswith(key))


def with_farm(parameters: Parameters, **changes: Any) -> Parameters:
    return parameters.model_copy(update={"farm": parameters.farm.model_copy(update=changes)})


# --- the farm ---


def test_farm__has_each_token_and_its_pair_with_usdc_by_their_weights(
    owner: Any, chain: Any, path: Path, small: Parameters
) -> None:
    weighty = small.model_copy(update={"markets": [small.markets[0].model_copy(update={"weight": 7})]})
    record = deploy_system(owner, weighty, path)
    farm = instance("StakingFarm", record.address("farm"))
    pool = instance("LeveragedPool", record.address(POOL))
    tokens = [pool.longToken(), pool.shortToken()]
    assert [record.address(name) for name in TOKENS] == tokens
    exchange = amm.at(record.address("AMM factory"), record.address("AMM router"))
    pairs = [exchange.pair(token, record.address("settlement token")) for token in tokens]
    assert [record.address(f"{name} pair") for name in TOKENS] == [pair.address for pair in pairs]
    assert [pair.totalSupply() for pair in pairs] == [0, 0]
    expected = [address for token, pair in zip(tokens, pairs, strict=True) for address in (token, pair.address)]
    assert [farm.farms(i) for i in range(farm.farmCount())] == expected
    assert [tuple(farm.farm(token)) for token in expected] == [(0, 7), (1, 7), (0, 7), (1, 7)]
    assert [farm.totalWeight(market.value) for market in Market] == [14, 14]
    assert (farm.rewardToken(), farm.primaryBps()) == (record.address("reward token"), 4_000)
    made = chain.blocks[record.deployments["farm"].block].timestamp
    assert made + 24 * HOUR - 2 <= farm.start() <= made + 24 * HOUR  # by the block before
    assert farm.start() == int(record.deployments["farm"].arguments["start_"])
    assert (farm.owner(), farm.pendingOwner()) == (owner, ZERO_ADDRESS)


def test_farm__other_share_of_the_primary_market_than_the_farms_own__is_set(
    deployment: Record, handed_over: HandedOver
) -> None:
    for record, primary, steps in ((deployment, 4_000, 0), (handed_over.record, 5_000, 1)):
        assert instance("StakingFarm", record.address("farm")).primaryBps() == primary
        assert [call.function for call in record.calls.values()].count("setAllocation") == steps


def test_farm__start_in_less_than_an_hour__nothing_is_sent(
    owner: Any, chain: Any, path: Path, small: Parameters
) -> None:
    nonce, now = owner.nonce, chain.blocks.head.timestamp
    for start, left in ((After(3_599), 3_599), (now + 3_599, 3_599), (now - 1, -1)):
        with pytest.raises(ParametersError) as raised:
            deploy_system(owner, with_farm(small, start=start), path)
        message = f"expected at least 3600 seconds until the start to add all farms, got {left}"
        assert raised.value.problems == [(line_of("start"), message)]
    assert owner.nonce == nonce
    assert not path.exists()


def test_farm__start_in_more_than_a_year__nothing_is_sent(
    owner: Any, chain: Any, path: Path, small: Parameters
) -> None:
    """Nobody could correct it."""
    year = 365 * 24 * HOUR
    nonce, now = owner.nonce, chain.blocks.head.timestamp
    for start in (After(year + 1), now + year + 1):
        with pytest.raises(ParametersError) as raised:
            deploy_system(owner, with_farm(small, start=start), path)
        message = f"expected at most {year} seconds until the start, got {year + 1}: is the year right?"
        assert raised.value.problems == [(line_of("start"), message)]
    assert (owner.nonce, path.exists()) == (nonce, False)
    record = deploy_system(owner, with_farm(small, start=now + year), path)
    assert instance("StakingFarm", record.address("farm")).start() == now + year


def test_farm__no_market_with_a_weight__is_refused_until_there_is_a_farm(
    owner: Any, path: Path, small: Parameters, deployment: Record
) -> None:
    """Later the DAO may wind all of them down."""
    weightless = small.model_copy(update={"markets": [small.markets[0].model_copy(update={"weight": 0})]})
    nonce = owner.nonce
    with pytest.raises(ParametersError) as raised:
        deploy_system(owner, weightless, path)
    message = "expected a market with a weight above 0: nobody could earn a reward"
    assert raised.value.problems == [(line_of("markets"), message)]
    assert (owner.nonce, path.exists()) == (nonce, False)
    records.save(path, deployment)
    assert deploy_system(owner, weightless, path) == deployment
    assert owner.nonce == nonce


def test_farm__cut_off_and_started_meanwhile__is_completed(
    owner: Any, chain: Any, path: Path, small: Parameters
) -> None:
    class Stop(Exception):
        pass

    def stop_behind_the_farm(line: str) -> None:
        if line.startswith("farm:"):
            raise Stop

    start = chain.blocks.head.timestamp + HOUR + 60
    with pytest.raises(Stop):
        deploy_system(owner, with_farm(small, start=start), path, stop_behind_the_farm)
    chain.mine(timestamp=start + 1)
    record = deploy_system(owner, with_farm(small, start=start), path)
    farm = instance("StakingFarm", record.address("farm"))
    assert (farm.start(), farm.farmCount()) == (start, 4)


# --- pairs ---


def test_pair__made_by_somebody_before__is_taken(owner: Any, stranger: Any, path: Path, small: Parameters) -> None:
    """Anybody may make it as soon as the pool's address is known."""

    def make_it_first(line: str) -> None:
        if line.startswith("farm:"):
            run = SystemDeployment(owner, small, path, lambda _: None)
            addresses = run.record.addresses
            amm_factory = instance("UniswapV2Factory", addresses["AMM factory"])
            amm_factory.createPair(addresses[TOKENS[0]], addresses["settlement token"], sender=stranger)
            assert run.foretell()[f"{TOKENS[0]} pair"] == amm_factory.allPairs(0)

    nonce, steps = owner.nonce, len(plan(small, owner.address))
    said: list[str] = []
    record = deploy_system(owner, small, path, lambda line: (said.append(line), make_it_first(line)))
    assert owner.nonce == nonce + steps - 1
    assert f"{TOKENS[0]} pair: exists already" in said
    taken, made = (record.deployments[f"{name} pair"] for name in TOKENS)
    assert (taken.transaction, taken.block, taken.gas_used, taken.deployer) == (None, None, None, None)
    assert made.deployer == owner.address
    farm = instance("StakingFarm", record.address("farm"))
    assert tuple(farm.farm(taken.address)) == (1, 1)
    assert deploy_system(owner, small, path) == record  # and the chain confirms the entry
    assert owner.nonce == nonce + steps - 1


def test_amm__that_does_not_fit__is_told(owner: Any, path: Path, existing: Parameters) -> None:
    other = amm.deploy(owner)
    keeper = contracts.deploy_keeper(owner)
    assert existing.amm is not None
    cases = [
        ({"router": other.router.address}, f"the router {other.router.address} works for the factory "),
        (
            {"factory": keeper.address, "router": "0x" + "1" * 40},
            f"there is no contract at 0x{'1' * 40}, which should be",
        ),
        ({"router": keeper.address}, ""),
    ]
    for changes, message in cases:
        unfit = existing.model_copy(update={"amm": existing.amm.model_copy(update=changes)})
        with pytest.raises(ParametersError) as raised:
            deploy_system(owner, unfit, path)
        ((line, said),) = raised.value.problems
        assert line == line_of("amm")
        assert said.startswith(message)
    assert not path.exists()


def test_foretold_pairs__of_an_amm_that_is_there__are_its_own(owner: Any, path: Path, existing: Parameters) -> None:
    foretold: list[dict[str, str]] = []
    record = deploy_system(owner, existing, path, review=lambda run: foretold.append(run.foretell()))
    assert foretold == [record.addresses]


# --- the hand-over ---


@pytest.fixture
def safe(bob: Any) -> Any:
    """The DAO's."""
    return bob


def test_hand_over__offers_factory_and_farm_to_the_owner_who_accepts(
    owner: Any, safe: Any, path: Path, handed_over: HandedOver
) -> None:
    record = handed_over.record
    owned = [instance("PoolFactory", record.address("factory")), instance("StakingFarm", record.address("farm"))]
    assert list(record.calls)[-2:] == ["factory hand-over", "farm hand-over"]
    assert [(it.owner(), it.pendingOwner()) for it in owned] == [(owner, safe)] * 2
    assert owned[0].feeRecipient() == safe
    for it in owned:
        it.acceptOwnership(sender=safe)
    nonce = owner.nonce
    records.save(path, record)
    assert deploy_system(owner, handed_over.parameters, path) == record
    assert owner.nonce == nonce


def test_market_added_after_the_hand_over__the_owner_is_told_what_to_send(
    owner: Any, safe: Any, path: Path, handed_over: HandedOver, local: Parameters
) -> None:
    parameters, record = handed_over.parameters, handed_over.record
    records.save(path, record)
    farm = instance("StakingFarm", record.address("farm"))
    for it in (instance("PoolFactory", record.address("factory")), farm):
        it.acceptOwnership(sender=safe)
    more = parameters.model_copy(update={"markets": [*parameters.markets, local.markets[0]]})
    nonce, said = owner.nonce, []
    described: list[str] = []
    record = deploy_system(owner, more, path, said.append, lambda run: described.extend(run.describe()))
    assert owner.nonce == nonce + 3  # the pool and two pairs
    staked = [name for token in ("1L-BTC/USDC", "1S-BTC/USDC") for name in (token, f"{token} pair")]
    data = {name: farm.addFarm.encode_input(record.address(name), i % 2, 1) for i, name in enumerate(staked)}
    assert said[-4:] == [
        f"{name} farm: {safe.address} has to send this data to {farm.address}: {to_hex(call)}"
        for name, call in data.items()
    ]
    assert [line.split("  ")[1] for line in described if "(for the owner to send)" in line] == [
        f"{name} farm: farm.addFarm (for the owner to send)" for name in staked
    ]
    for call in data.values():
        safe.transfer(farm.address, 0, data=call)
    done: list[SystemDeployment] = []
    assert deploy_system(owner, more, path, review=done.append) == record
    assert (done[0].open_steps, done[0].owner_steps) == ([], [])
    assert [tuple(farm.farm(record.address(name))) for name in staked] == [(0, 1), (1, 1)] * 2


# --- what it takes ---


def test_gas__of_each_step__is_what_the_plan_says(owner: Any, handed_over: HandedOver) -> None:
    """Within 1 %; of calls, which find other slots empty the first time, and of mocks with other names, within 15 %."""
    record = handed_over.record
    entries: dict[str, Any] = {**record.deployments, **record.calls}
    steps = {step.name: step for step in plan(handed_over.parameters, owner.address)}
    for name, entry in entries.items():
        call = isinstance(steps[name], FunctionCall)
        expected = GAS[entry.function if call else entry.contract]
        assert abs(entry.gas_used - expected) * 100 <= expected * (15 if call else 1), (name, entry.gas_used)
    used = sum(entry.gas_used for entry in entries.values())
    assert abs(handed_over.foretold_gas - used) * 100 <= used
    done = {
        entry.function if isinstance(steps[name], FunctionCall) else entry.contract for name, entry in entries.items()
    }
    assert GAS.keys() == done


# --- a dry run ---


@pytest.fixture
def somebody() -> str:
    """An address whose key nobody has here."""
    return "0x00000000000000000000000000000000000000D1"


def test_rehearsal__has_the_addresses_of_the_real_run_and_leaves_nothing(
    owner: Any, chain: Any, path: Path, tmp_path: Path, small: Parameters
) -> None:
    nonce, block = owner.nonce, chain.blocks.head.number
    with rehearsal(owner.address) as account:
        rehearsed = deploy_system(account, small, tmp_path / "rehearsed" / "record.json")
        assert rehearsed.intent is None
    assert (owner.nonce, chain.blocks.head.number) == (nonce, block)
    assert not chain.provider.get_code(rehearsed.address("farm"))
    record = deploy_system(owner, small, path)
    assert record.addresses == rehearsed.addresses
    gas: Callable[[Any], list[int]] = lambda of: [entry.gas_used for entry in of.deployments.values()]  # noqa: E731
    assert gas(record) == gas(rehearsed)


def test_rehearsal__of_an_account_without_key_and_ether__works(
    chain: Any, path: Path, small: Parameters, somebody: str
) -> None:
    with rehearsal(somebody) as account:
        record = deploy_system(account, small, path)
        assert account.nonce == len(plan(small, somebody))
    assert record.deployer == somebody
    assert chain.provider.get_balance(somebody) == 0
