"""`ape run check`: what it finds where chain, record and parameters do not say the same, and that it finds nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools import records
from perpetual_pools.chain import contracts
from perpetual_pools.chain.contracts import instance
from perpetual_pools.deployment.check import check
from perpetual_pools.deployment.facts import Fact
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.parameters import Parameters, ParametersError
from perpetual_pools.records import Record
from tests.support.commands import run
from tests.support.systems import PARAMS, HandedOver, System

POOL = "3-BTC/USDC"
LONG, SHORT = "3L-BTC/USDC", "3S-BTC/USDC"
RECORDED = "record against parameters"
TRUE = "chain against record"
ANSWERED = "chain against parameters"
OTHER_HASH = "0x" + "ab" * 32
OTHER_ADDRESS = "0x00000000000000000000000000000000000000A1"
HOUR = 3_600
WEEK = 7 * 24 * HOUR
Find = Callable[..., list[tuple[str, ...]]]


@pytest.fixture(autouse=True)
def deployed(deployment: Record) -> Record:
    return deployment


def rows(facts: list[Fact]) -> list[tuple[str, ...]]:
    return [(it.name, it.what, it.expected, it.found, it.where) for it in facts if it.differs]


def changed(record: Record, change: Callable[[dict[str, Any]], object]) -> Record:
    data = json.loads(record.model_dump_json())
    change(data)
    return Record.model_validate_json(json.dumps(data))


# --- nothing is wrong ---


def test_check__fresh_deployment__has_no_difference_in_any_of_its_facts(small: Parameters, deployed: Record) -> None:
    facts = check(small, deployed)
    assert rows(facts) == []
    assert len(facts) == len({(it.name, it.what, it.where) for it in facts})  # each once
    whats = {(it.name, it.what) for it in facts}
    for views in (
        {("factory", what) for what in ("code", "code hash", "owner", "pendingOwner", "feeRecipient")},
        {(POOL, what) for what in ("code", "code hash", "keeperRewardMax", "minLiquidity", "isShutdown", "longToken")},
        {("BTC/USD oracle", what) for what in ("feed", "sequencerFeed", "maxAge", "gracePeriod")},
        {("farm", what) for what in ("start", "rewardToken", "primaryBps", f"market and weight of {LONG} pair")},
        {(SHORT, what) for what in ("name", "symbol", "pool")},
        {(f"{SHORT} pair", what) for what in ("code", "token0", "token1")},
    ):
        assert views <= whats


def test_check__lived_in__has_no_difference(
    owner: Any, alice: Any, chain: Any, small: Parameters, deployed: Record
) -> None:
    """Weeks of the programme, stakes and commitments are no difference."""
    farm, tcr = (
        instance("StakingFarm", deployed.address("farm")),
        instance("MockERC20", deployed.address("reward token")),
    )
    amounts = list(weekly_amounts()[:2])
    tcr.mint(owner, sum(amounts), sender=owner)
    tcr.approve(farm, sum(amounts), sender=owner)
    farm.schedule(amounts, sender=owner)
    usdc, pool = (
        instance("MockERC20", deployed.address("settlement token")),
        instance("LeveragedPool", deployed.address(POOL)),
    )
    usdc.mint(alice, 10**9, sender=alice)
    usdc.approve(pool, 10**9, sender=alice)
    pool.commit(0, 10**9, alice, sender=alice)
    facts = check(small, deployed)
    assert rows(facts) == []
    assert [it.expected for it in facts if it.what.startswith("amount of week")] == [str(amount) for amount in amounts]


# --- the record is wrong ---


@pytest.mark.parametrize(
    ("section", "name", "key", "value", "what"),
    [
        ("deployments", "factory", "transaction", OTHER_HASH, "transaction"),
        ("deployments", "keeper", "block", 1, "block"),
        ("deployments", "keeper", "gas_used", 1, "gas used"),
        ("deployments", "keeper", "deployer", OTHER_ADDRESS, "deployer"),
        ("deployments", "keeper", "contract", "PoolFactory", "contract"),
        ("deployments", "keeper", "address", OTHER_ADDRESS, "address"),
        ("deployments", "keeper", "code_hash", OTHER_HASH, "code hash"),
        ("calls", f"{LONG} farm", "sender", OTHER_ADDRESS, "sender"),
    ],
)
def test_check__tampered_record__is_found(
    small: Parameters, deployed: Record, section: str, name: str, key: str, value: Any, what: str
) -> None:
    was = json.loads(deployed.model_dump_json())[section][name][key]
    found = rows(check(small, changed(deployed, lambda data: data[section][name].update({key: value}))))
    true = "there is none" if key == "transaction" else str(was)
    assert (name, what, str(value), true, TRUE) in found
    assert {row[0] for row in found} == {name}


def test_check__calls_that_were_not_sent_so__are_found(small: Parameters, deployed: Record) -> None:
    """Swapped with another, or with another argument or function: the data of the transaction says what was called."""

    def swap(data: dict[str, Any]) -> None:
        one, other = (data["calls"][f"{token} farm"] for token in (LONG, SHORT))
        for key in ("transaction", "block", "gas_used"):
            one[key], other[key] = other[key], one[key]

    def tamper(key: str, value: Any) -> Callable[[dict[str, Any]], object]:
        return lambda data: data["calls"][f"{LONG} farm"].update({key: value})

    arguments = {"token": deployed.address(LONG), "market": "0", "weight": "9"}
    for change, tokens in (
        (swap, (LONG, SHORT)),
        (tamper("arguments", arguments), (LONG,)),
        (tamper("function", "setWeight"), (LONG,)),
    ):
        found = rows(check(small, changed(deployed, change)))
        assert [(name, what, expected) for name, what, expected, _, _ in found] == [
            (f"{token} farm", "call", "as recorded") for token in tokens
        ]


def test_check__another_compiler_or_network__is_found(small: Parameters, deployed: Record) -> None:
    def change(data: dict[str, Any]) -> None:
        data["network"] = "ethereum:mainnet"
        data["deployments"]["factory"]["compiler"] = "0.4.0"

    compiler = deployed.deployments["factory"].compiler
    assert rows(check(small, changed(deployed, change))) == [
        ("record", "network", "ethereum:mainnet", "arbitrum:local", TRUE),
        ("factory", "compiler", "0.4.0", compiler, "artifacts against record"),
    ]


def test_check__tampered_argument__is_found_in_the_record_and_by_the_code(small: Parameters, deployed: Record) -> None:
    def change(data: dict[str, Any]) -> None:
        data["deployments"]["BTC/USD oracle"]["arguments"]["maxAge_"] = "90001"
        data["deployments"][POOL]["arguments"]["leverage"] = "4"

    other = f"other code (commit {deployed.deployments[POOL].commit})"
    assert rows(check(small, changed(deployed, change))) == [
        ("BTC/USD oracle", "maxAge_", "90000", "90001", RECORDED),
        ("BTC/USD oracle", "code", "the code of this version", other, TRUE),
        (POOL, "leverage", "3", "4", RECORDED),
        (POOL, "code", "the code of this version", other, TRUE),
    ]


def test_check__forged_contract_with_all_facts_of_its_own__is_found_by_its_code(
    owner: Any, project: Any, small: Parameters, deployed: Record
) -> None:
    """A record that is true in each word, but of a contract that is not the keeper: a forger's, sent by the same account."""
    forged = owner.deploy(project.PoolLens)
    receipt = forged.creation_metadata.receipt
    facts = {
        "address": forged.address,
        "transaction": receipt.txn_hash,
        "block": receipt.block_number,
        "gas_used": receipt.gas_used,
        "code_hash": contracts.code_hash(forged.address),
    }
    found = rows(check(small, changed(deployed, lambda data: data["deployments"]["keeper"].update(facts))))
    other = f"other code (commit {deployed.deployments['keeper'].commit})"
    assert found == [("keeper", "code", "the code of this version", other, TRUE)]


def test_check__unfinished__says_what_is_missing(small: Parameters, deployed: Record) -> None:
    def change(data: dict[str, Any]) -> None:
        entry = data["deployments"].pop("keeper")
        data["intent"] = {key: entry[key] for key in ("transaction", "arguments", "commit", "compiler")}
        data["intent"] |= {"step": "keeper", "nonce": 1}

    assert rows(check(small, changed(deployed, change))) == [
        ("keeper", "step", "recorded", "not recorded", RECORDED),
        ("keeper", "step", "recorded", "under way: run `ape run deploy` again", RECORDED),
    ]


# --- the parameters are others ---


def test_check__other_parameters__are_found_in_record_and_chain(
    small: Parameters, deployed: Record, local: Parameters
) -> None:
    other = small.model_copy(
        update={
            "fee_recipient": OTHER_ADDRESS,
            "feeds": {"BTC/USD": small.feeds["BTC/USD"].model_copy(update={"max_age": HOUR})},
            "pool": small.pool.model_copy(update={"burn_fee": 5}),
            "farm": small.farm.model_copy(update={"primary": 5_000}),
            "markets": [small.markets[0].model_copy(update={"weight": 3})],
        }
    )
    deployer = deployed.deployer
    assert rows(check(other, deployed)) == [
        ("BTC/USD oracle", "maxAge_", "3600", "90000", RECORDED),
        (POOL, "burnFee", "5", "0", RECORDED),
        ("BTC/USD oracle", "maxAge", "3600", "90000", ANSWERED),
        ("factory", "feeRecipient", OTHER_ADDRESS, deployer, ANSWERED),
        (POOL, "burnFee", "5", "0", ANSWERED),
        ("farm", "primaryBps", "5000", "4000", ANSWERED),
        *(
            ("farm", f"market and weight of {staked}", f"({market}, 3)", f"({market}, 1)", ANSWERED)
            for token in (LONG, SHORT)
            for market, staked in enumerate((token, f"{token} pair"))
        ),
    ]


def test_check__market_of_the_parameters_that_is_not_deployed__is_found(
    small: Parameters, deployed: Record, local: Parameters
) -> None:
    more = small.model_copy(update={"markets": [*small.markets, local.markets[0]]})
    missing = ("step", "recorded", "not recorded", RECORDED)
    assert rows(check(more, deployed)) == [
        ("1-BTC/USDC", *missing),
        ("1L-BTC/USDC pair", *missing),
        ("1S-BTC/USDC pair", *missing),
        ("farm", "farmCount", "8", "4", ANSWERED),
    ]


def test_check__market_of_the_record_that_nobody_asks_for__is_found(
    small: Parameters, deployed: Record, local: Parameters
) -> None:
    found = rows(check(small.model_copy(update={"markets": [local.markets[0]]}), deployed))
    assert (POOL, "step", "nothing", "recorded", RECORDED) in found
    assert ("1-BTC/USDC", "step", "recorded", "not recorded", RECORDED) in found


def test_check__contract_that_is_not_what_the_parameters_say__is_an_error(
    existing: Parameters, deployed: Record
) -> None:
    token = existing.settlement_token.model_copy(update={"symbol": "USDT"})
    with pytest.raises(ParametersError, match=r"expected 'USDC', as 0x[0-9a-fA-F]{40} answers, got 'USDT'"):
        check(existing.model_copy(update={"settlement_token": token}), deployed)


# --- the chain is another ---


@pytest.fixture
def found(small: Parameters, deployed: Record) -> Callable[[], list[tuple[str, ...]]]:
    return lambda: rows(check(small, deployed))


def test_check__what_the_owner_changed__is_found(owner: Any, stranger: Any, deployed: Record, found: Find) -> None:
    farm, factory = (
        instance("StakingFarm", deployed.address("farm")),
        instance("PoolFactory", deployed.address("factory")),
    )
    farm.setWeight(deployed.address(LONG), 9, sender=owner)
    farm.setAllocation(1, sender=owner)
    farm.addFarm(deployed.address("WETH"), 1, 1, sender=owner)
    factory.setFeeRecipient(stranger, sender=owner)
    instance("LeveragedPool", deployed.address(POOL)).setMintPaused(True, sender=owner)
    farm.transferOwnership(stranger, sender=owner)
    factory.transferOwnership(stranger, sender=owner)
    factory.acceptOwnership(sender=stranger)
    assert found() == [
        ("factory", "feeRecipient", owner.address, stranger.address, ANSWERED),
        (POOL, "mintPaused", "False", "True", ANSWERED),
        ("factory", "owner", owner.address, stranger.address, ANSWERED),
        ("farm", "pendingOwner", ZERO_ADDRESS, stranger.address, ANSWERED),
        ("farm", "primaryBps", "4000", "1", ANSWERED),
        ("farm", "farmCount", "4", "5", ANSWERED),
        ("farm", f"market and weight of {LONG}", "(0, 1)", "(0, 9)", ANSWERED),
    ]


def test_check__weeks_that_got_what_was_undistributed__are_compared_with_what_the_farm_says_of_them(
    owner: Any, chain: Any, deployed: Record, found: Find
) -> None:
    """Weeks 0 and 1 of the programme, of which nobody earns anything; in week 1 what is idle fills weeks 2 and 3."""
    farm, tcr = (
        instance("StakingFarm", deployed.address("farm")),
        instance("MockERC20", deployed.address("reward token")),
    )
    amounts = list(weekly_amounts()[:2])
    tcr.mint(owner, sum(amounts) + 1, sender=owner)
    tcr.approve(farm, sum(amounts) + 1, sender=owner)
    farm.schedule(amounts, sender=owner)
    chain.mine(timestamp=farm.start() + WEEK + WEEK // 2)
    for name in (LONG, SHORT, f"{LONG} pair", f"{SHORT} pair"):
        farm.setWeight(deployed.address(name), 1, sender=owner)  # counts what was idle
    idle = farm.undistributed()
    (event,) = farm.scheduleUndistributed(2, sender=owner).decode_logs(farm.UndistributedScheduled)
    assert (event.firstWeek, event.weeksCount, event.amount) == (2, 2, idle // 2)
    assert (farm.weekAmount(2), farm.weekAmount(3)) == (idle // 2, idle // 2)
    assert amounts[0] < idle < sum(amounts)
    assert found() == []
    # Whatever else is not the programme still differs.
    farm.schedule([1], sender=owner)
    assert found() == [("farm", "amount of week 4", str(weekly_amounts()[4]), "1", ANSWERED)]


def test_check__weeks_that_are_not_the_programme__are_found(
    owner: Any, chain: Any, deployed: Record, found: Find
) -> None:
    farm, tcr = (
        instance("StakingFarm", deployed.address("farm")),
        instance("MockERC20", deployed.address("reward token")),
    )
    tcr.mint(owner, 1, sender=owner)
    tcr.approve(farm, 1, sender=owner)
    chain.mine(timestamp=farm.start() + 1)  # week 0 has begun, without emission
    farm.schedule([1], sender=owner)
    week_0, week_1, week_2 = weekly_amounts()[:3]
    chain.mine(timestamp=farm.start() + 2 * WEEK)  # a feed is stale by now, which is not what is asked
    assert found() == [
        ("farm", "amount of week 0", str(week_0), "0", ANSWERED),
        ("farm", "amount of week 1", str(week_1), "1", ANSWERED),
        ("farm", "amount of week 2", str(week_2), "0", ANSWERED),
    ]


def test_check__code_that_was_replaced__is_found(chain: Any, deployed: Record, found: Find) -> None:
    """As after a fork of the chain, or a node that lies."""
    keeper, oracle = deployed.address("keeper"), deployed.address("BTC/USD oracle")
    chain.provider.set_code(oracle, chain.provider.get_code(keeper))
    hashes = [deployed.deployments[name].code_hash for name in ("BTC/USD oracle", "keeper")]
    differences = found()
    assert differences[0] == ("BTC/USD oracle", "code hash", *hashes, TRUE)
    assert ("BTC/USD oracle", "maxAge", "90000", "no answer", ANSWERED) in differences
    assert {row[0] for row in differences} == {"BTC/USD oracle"}


# --- the hand-over ---


def test_check__owner_that_has_not_accepted__is_a_difference_until_then(
    owner: Any, bob: Any, handed_over: HandedOver
) -> None:
    parameters, record = handed_over.parameters, handed_over.record
    assert rows(check(parameters, record)) == [
        row
        for name in ("factory", "farm")
        for row in (
            (name, "owner", bob.address, owner.address, ANSWERED),
            (name, "pendingOwner", ZERO_ADDRESS, bob.address, ANSWERED),
        )
    ]
    for name, contract in (("factory", "PoolFactory"), ("farm", "StakingFarm")):
        instance(contract, record.address(name)).acceptOwnership(sender=bob)
    assert rows(check(parameters, record)) == []


# --- the command ---


def test_command__says_all_is_the_same__then_what_is_not(system: System) -> None:
    done = system.run("check", *PARAMS)
    assert (done.returncode, done.stdout) == (0, "585 facts checked, no differences\n"), done.stderr

    true = system.record.deployments["keeper"].code_hash
    wrong = changed(system.record, lambda data: data["deployments"]["keeper"].update(code_hash=OTHER_HASH))
    records.save(system.path, wrong)
    done = system.run("check", *PARAMS)
    assert done.returncode == 1
    assert done.stdout.endswith("584 facts checked, 1 difference\n")  # the code of a wrong entry is not looked at
    assert [line.split() for line in done.stdout.splitlines() if "keeper" in line] == [
        ["keeper", "code", "hash", OTHER_HASH, true, "chain", "against", "record"]
    ]
    done = system.run("check", *PARAMS, "--json")
    assert done.returncode == 1
    difference = {"name": "keeper", "what": "code hash", "expected": OTHER_HASH, "found": true, "where": TRUE}
    assert json.loads(done.stdout) == {
        "schema_version": 1,
        "network": "arbitrum:local",
        "record": str(system.path),
        "parameters": "deploy/local.yaml",
        "facts": 584,
        "differences": [difference],
    }


def test_command__no_record__says_so(empty_chain: str, path: Path) -> None:
    done = run(empty_chain, "check", *PARAMS, "--record", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"Error: there is no record {path}: deploy first, or name another\n")
