"""Who may do what: nobody can take, freeze or reprice what users have. The functions themselves are listed in abi/."""

from dataclasses import asdict, replace

import pytest
from eth_abi import encode
from eth_utils import keccak

from perpetual_pools.model import CommitType
from tests.support.pool import close
from tests.support.revm import SENDER, reverts
from tests.support.world import ALICE, BOB, CAROL, KEEPER, OWNER, TREASURY, open_sides, opened_market

ZERO = "0x" + "00" * 20
STRANGER = "0x" + "99" * 20
USDC = 10**6
TOKEN = 10**18

CONTRACTS = [
    "LeveragedPool",
    "PoolToken",
    "PoolFactory",
    "PoolKeeper",
    pytest.param("ChainlinkOracleWrapper", marks=pytest.mark.finding("O07")),
    pytest.param("StakingFarm", marks=[pytest.mark.finding("F08"), pytest.mark.finding("F10")]),
]


def contract_type(project, name):
    return project.get_contract(name).contract_type


# --- what there is ---

RETURNED = {
    "ILeveragedPool": {
        "commit": ["epoch"],
        "commitWithPermit": ["epoch"],
        "claim": ["settlementAmount", "longAmount", "shortAmount"],
        "rebalance": ["reward"],
        "collectFees": ["amount"],
        "redeem": ["settlementAmount"],
        "balances": ["longBalance", "shortBalance"],
        "supplies": ["longSupply", "shortSupply"],
        "tokenPrices": ["longPrice", "shortPrice"],
        "rebalancingRates": ["longRate", "shortRate"],
        "batch": ["amountIn", "amountOut"],
        "commitment": ["amount"],
        "claimable": ["settlementAmount", "longAmount", "shortAmount"],
        "previewRebalance": ["longBalance", "shortBalance"],
    },
    "IPoolFactory": {"deployPool": ["pool"]},
    "IPoolKeeper": {"upkeep": ["success"], "checkUpkeep": ["upkeepNeeded", "performData"]},
}
"""The names of returned values stand in the interfaces: a contract does not repeat them."""


@pytest.mark.parametrize("interface", RETURNED)
def test_interface__returned_values__have_these_names(project, interface):
    methods = contract_type(project, interface).methods
    # Solidity code appends a line to a name that has another meaning there.
    names = {method.name: [(output.name or "").rstrip("_") for output in method.outputs] for method in methods}
    assert {name: names[name] for name in RETURNED[interface]} == RETURNED[interface]


@pytest.mark.finding("G01")
@pytest.mark.parametrize("contract", CONTRACTS)
def test_actions__all_that_change_state__are_these(project, contract):
    found = contract_type(project, contract)
    changing = [method.name for method in found.methods if method.stateMutability not in ("view", "pure")]
    assert sorted(changing) == sorted(ROLES[contract])
    assert found.fallback is None
    assert found.receive is None


# What those who trust a contract want to know of its code.
NOTABLE = {
    0x54: "SLOAD",
    0x55: "SSTORE",
    0x5C: "TLOAD",
    0x5D: "TSTORE",
    **{0xA0 + topics: "LOG" for topics in range(5)},
    0xF0: "CREATE",
    0xF1: "CALL",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFA: "STATICCALL",
    0xFF: "SELFDESTRUCT",
}
USED = {
    "LeveragedPool": {"SLOAD", "SSTORE", "TLOAD", "TSTORE", "CALL", "STATICCALL", "LOG"},
    # The one it asks is the precompiled contract that recovers who signed a permit.
    "PoolToken": {"SLOAD", "SSTORE", "STATICCALL", "LOG"},
    "PoolFactory": {"SLOAD", "SSTORE", "STATICCALL", "CREATE2", "LOG"},
    # No state, not even within a transaction.
    "PoolKeeper": {"CALL", "STATICCALL", "LOG"},
    # Neither state nor events.
    "ChainlinkOracleWrapper": {"STATICCALL"},
    "StakingFarm": {"SLOAD", "SSTORE", "TLOAD", "TSTORE", "CALL", "STATICCALL", "LOG"},
}
INVALID = 0xFE
METADATA = 53
"""Bytes at the end of a code."""


def code_and_data(code):
    """The compiler ends the code with INVALID, after which there is data only."""
    position = 0
    while code[position] != INVALID:
        position += code[position] - 0x5E if 0x60 <= code[position] <= 0x7F else 1
    return code[:position], code[position + 1 : -METADATA]


def instructions(code):
    """The opcodes, without the data of pushes."""
    found, position = set(), 0
    while position < len(code):
        found.add(code[position])
        position += code[position] - 0x5E if 0x60 <= code[position] <= 0x7F else 1
    return found


def bytes_of(bytecode):
    return bytes.fromhex(bytecode.bytecode.removeprefix("0x"))


@pytest.mark.finding("G01")
@pytest.mark.parametrize("contract", CONTRACTS)
def test_code__neither_runs_others_code_nor_destroys_itself_nor_makes_what_it_should_not(project, contract):
    code, data = code_and_data(bytes_of(contract_type(project, contract).runtime_bytecode))
    # Nothing hides behind the code: the compiler keeps there the pool that the factory deploys, and maybe a constant.
    carried = (
        bytes_of(contract_type(project, "LeveragedPool").deployment_bytecode) if contract == "PoolFactory" else b""
    )
    assert data in (carried, carried + keccak(text="Transfer(address,address,uint256)"))
    assert {NOTABLE[opcode] for opcode in instructions(code) & set(NOTABLE)} == USED[contract]


def test_code__check_itself__finds_a_contract_that_does_more(project):
    code, _ = code_and_data(bytes_of(contract_type(project, "ReentrantHook").runtime_bytecode))
    assert {0x54, 0x55, 0xF1} == instructions(code) & set(NOTABLE)


# --- who may call what ---

ANYONE = "anyone, for themselves or for all"
CONTROLLER = "the controller or its operator"
FACTORY_OWNER = "the owner of the factory"
FARM_OWNER = "the owner of the staking farm"
STAKER = "who staked, for what they staked"
NAMED_OWNER = "whom the owner named as the next"
POOL = "the token's pool"
HOLDER = "the holder, for what they hold"
SPENDER = "whom the holder approved"
SIGNED = "anyone, with the holder's signature"

ROLES = {
    "LeveragedPool": {
        "commit": CONTROLLER,
        "commitWithPermit": CONTROLLER,
        "claim": CONTROLLER,
        "setOperator": ANYONE,
        "rebalance": ANYONE,
        "collectFees": ANYONE,
        "shutdown": ANYONE,
        "redeem": HOLDER,
        "setMintPaused": FACTORY_OWNER,
    },
    "PoolToken": {
        "transfer": HOLDER,
        "approve": ANYONE,
        "transferFrom": SPENDER,
        "permit": SIGNED,
        "mint": POOL,
        "burn": POOL,
        "take": POOL,
    },
    "PoolFactory": {
        "deployPool": ANYONE,
        "setFeeRecipient": FACTORY_OWNER,
        "transferOwnership": FACTORY_OWNER,
        "acceptOwnership": NAMED_OWNER,
    },
    "PoolKeeper": {"upkeep": ANYONE, "claimFor": ANYONE, "performUpkeep": ANYONE},
    "ChainlinkOracleWrapper": {},
    "StakingFarm": {
        "stake": HOLDER,
        "stakeWithPermit": HOLDER,
        "withdraw": STAKER,
        "exit": STAKER,
        "emergencyWithdraw": STAKER,
        "claim": ANYONE,
        "addFarm": FARM_OWNER,
        "setWeight": FARM_OWNER,
        "setAllocation": FARM_OWNER,
        "schedule": FARM_OWNER,
        "scheduleUndistributed": FARM_OWNER,
        "transferOwnership": FARM_OWNER,
        "acceptOwnership": NAMED_OWNER,
    },
}


EVERYBODY = [OWNER, KEEPER, TREASURY, ALICE, BOB, CAROL, STRANGER, ZERO]
CALLER = object()
"""In the arguments of an error: who called."""
STAKED, ANOTHER = object(), object()
"""In arguments: the token of the farm, and one without."""
PERMIT = 2**256 - 1, 27, b"\x01" * 32, b"\x02" * 32
NO_CONSENT = "NotControllerOrOperator", {"caller": CALLER, "controller": ALICE}
NOT_OWNER = "OwnableUnauthorizedAccount", {"account": CALLER}
REFUSED = {
    ("LeveragedPool", "commit"): ((1, TOKEN, ALICE), NO_CONSENT, ALICE),
    ("LeveragedPool", "commitWithPermit"): ((0, USDC, ALICE, *PERMIT), NO_CONSENT, ALICE),
    ("LeveragedPool", "claim"): ((ALICE, STRANGER), NO_CONSENT, ALICE),
    ("LeveragedPool", "setMintPaused"): ((True,), ("NotOwner", {"caller": CALLER}), OWNER),
    ("PoolToken", "transfer"): ((STRANGER, 1), ("InsufficientBalance", {}), ALICE),
    ("PoolToken", "transferFrom"): ((ALICE, STRANGER, 1), ("InsufficientAllowance", {}), BOB),
    ("PoolToken", "permit"): ((ALICE, STRANGER, 1, *PERMIT), ("InvalidPermit", {}), None),
    ("PoolToken", "mint"): ((1,), ("NotPool", {"caller": CALLER}), None),
    ("PoolToken", "burn"): ((ALICE, 1), ("NotPool", {"caller": CALLER}), None),
    ("PoolToken", "take"): ((ALICE, 1), ("NotPool", {"caller": CALLER}), None),
    ("PoolFactory", "setFeeRecipient"): ((STRANGER,), NOT_OWNER, OWNER),
    ("PoolFactory", "transferOwnership"): ((STRANGER,), NOT_OWNER, OWNER),
    ("PoolFactory", "acceptOwnership"): ((), NOT_OWNER, CAROL),
    ("StakingFarm", "stake"): ((STAKED, TOKEN), ("TransferFromFailed", {}), ALICE),
    ("StakingFarm", "stakeWithPermit"): ((STAKED, TOKEN, *PERMIT), ("TransferFromFailed", {}), ALICE),
    ("StakingFarm", "withdraw"): (
        (STAKED, 1),
        ("InsufficientStake", {"token": STAKED, "staked": 0, "amount": 1}),
        ALICE,
    ),
    ("StakingFarm", "exit"): ((STAKED,), ("NothingStaked", {"token": STAKED, "account": CALLER}), ALICE),
    ("StakingFarm", "emergencyWithdraw"): ((STAKED,), ("NothingStaked", {"token": STAKED, "account": CALLER}), ALICE),
    ("StakingFarm", "addFarm"): ((ANOTHER, 1, 1), NOT_OWNER, OWNER),
    ("StakingFarm", "setWeight"): ((STAKED, 2), NOT_OWNER, OWNER),
    ("StakingFarm", "setAllocation"): ((5_000,), NOT_OWNER, OWNER),
    ("StakingFarm", "schedule"): (([USDC],), NOT_OWNER, OWNER),
    ("StakingFarm", "scheduleUndistributed"): ((1,), NOT_OWNER, OWNER),
    ("StakingFarm", "transferOwnership"): ((STRANGER,), NOT_OWNER, OWNER),
    ("StakingFarm", "acceptOwnership"): ((), NOT_OWNER, CAROL),
}
"""Arguments, the error, and the only account, if any, that is not refused. `redeem` has a test of its own."""


@pytest.fixture
def market(project):
    """Alice is long and bob short with 1,000 USDC each. Alice approved bob, the owner named carol as the next."""
    market = opened_market(project, 1_000 * USDC, 1_000 * USDC)
    market.long_token.approve(BOB, TOKEN, sender=ALICE)
    market.world.contracts.factory.transferOwnership(CAROL, sender=OWNER)
    return market


@pytest.fixture
def staking(market):
    """A farm and its token, of which alice staked one and approved more. It pays in USDC, of which something is
    undistributed; the owner named carol as the next."""
    chain, usdc = market.chain, market.world.token
    farm = chain.deploy("StakingFarm", usdc, OWNER, market.world.now)
    token = chain.deploy("MockERC20", "Staked", "STK", 18)
    token.mint(ALICE, 2 * TOKEN)
    token.approve(farm, 2 * TOKEN, sender=ALICE)
    farm.addFarm(token, 0, 1, sender=OWNER)
    farm.stake(token, TOKEN, sender=ALICE)
    market.world.fund(OWNER, 3 * USDC)
    usdc.approve(farm, 3 * USDC, sender=OWNER)
    # In the model of the market it is a transfer to who has no part in it.
    farm.schedule([2 * USDC], sender=OWNER)
    market.world.ledger.transfer(OWNER, farm.address, 2 * USDC)
    farm.transferOwnership(CAROL, sender=OWNER)
    market.world.advance(60)
    return farm, token


@pytest.fixture
def contracts(market, staking):
    return {
        "LeveragedPool": market.pool,
        "PoolToken": market.long_token,
        "PoolFactory": market.world.contracts.factory,
        "PoolKeeper": market.world.contracts.keeper,
        "StakingFarm": staking[0],
    }


@pytest.mark.finding("G01")
def test_roles__every_action__has_one_and_is_refused_to_others():
    restricted = {
        (contract, name) for contract, roles in ROLES.items() for name, role in roles.items() if role != ANYONE
    }
    assert restricted == {*REFUSED, ("LeveragedPool", "redeem")}


@pytest.mark.finding("G01")
@pytest.mark.parametrize(("contract", "method"), REFUSED, ids=[".".join(names) for names in REFUSED])
def test_roles__whoever_lacks_the_role__is_refused(market, contracts, staking, contract, method):
    arguments, (error, values), only = REFUSED[contract, method]
    called, tokens = contracts[contract], {STAKED: staking[1].address, ANOTHER: market.world.token.address}
    arguments = [value if isinstance(value, list) else tokens.get(value, value) for value in arguments]
    for caller in EVERYBODY:
        if caller == only:
            continue
        expected = {name: {CALLER: caller, **tokens}.get(value, value) for name, value in values.items()}
        with reverts(getattr(called, error), **expected):
            getattr(called, method)(*arguments, sender=caller)
    market.compare()
    if only is not None:
        getattr(called, method)(*arguments, sender=only)


@pytest.mark.finding("G01")
def test_roles__redeem__is_for_what_one_holds(market):
    close(market, KEEPER)
    for caller in {*EVERYBODY} - {ALICE}:
        with reverts(market.pool.InsufficientBalance):
            market.pool.redeem(1, 0, STRANGER, sender=caller)
    assert market.redeem(ALICE, 1_000 * TOKEN, 0) == 1_000 * USDC


@pytest.mark.finding("G01")
def test_roles__what_is_open_to_all__is_open_to_a_stranger(market, contracts, staking):
    pool, token, factory, keeper, farm = contracts.values()
    assert farm.claim([staking[1].address], sender=STRANGER) == 0
    world, other = market.world, market.world.deploy_pool(market="ETH/USDC", mint_fee=10**16)
    open_sides(other, USDC, 0)
    assert pool.setOperator(KEEPER, True, sender=STRANGER) is True
    assert token.approve(KEEPER, 1, sender=STRANGER) is True
    assert other.pool.collectFees(sender=STRANGER) == USDC // 100
    params = replace(market.model.params, leverage=1)
    assert factory.isPool(factory.deployPool(tuple(asdict(params).values()), sender=STRANGER)) is True
    world.move_to(other.pool.nextRebalance())
    assert pool.rebalance(0, STRANGER, sender=STRANGER) == 0
    assert keeper.upkeep([other.pool.address], [0], STRANGER, sender=STRANGER) == (True,)
    keeper.claimFor(pool.address, [STRANGER], sender=STRANGER)
    nothing = encode(["address[]", "uint80[]", "address"], [[], [], STRANGER])
    assert keeper.performUpkeep(nothing, sender=STRANGER) is None
    market.oracle.setReverting(True)
    world.move_to(pool.nextRebalance() + 14 * 86_400)
    pool.shutdown(sender=STRANGER)
    assert pool.isShutdown() is True


def test_roles__owner_who_does_all_they_can__costs_users_nothing_and_stops_no_exit(project):
    def exits(interfering):
        market = opened_market(project, 1_000 * USDC, 1_000 * USDC, mint_fee=10**15, burn_fee=10**15)
        market.commit(CAROL, CommitType.LONG_MINT, 50 * USDC)
        market.commit(ALICE, CommitType.LONG_BURN, 100 * TOKEN)
        if interfering:
            factory = market.world.contracts.factory
            market.set_mint_paused(OWNER, True)
            factory.setFeeRecipient(OWNER, sender=OWNER)
            factory.transferOwnership(STRANGER, sender=OWNER)
            factory.acceptOwnership(sender=STRANGER)
        market.next_epoch(KEEPER, 105 * 10**18)
        paid = [market.claim(trader) for trader in (ALICE, CAROL)]
        market.commit(BOB, CommitType.SHORT_BURN_LONG_MINT, 200 * TOKEN)
        market.commit(BOB, CommitType.SHORT_BURN, 799 * TOKEN)
        market.next_epoch(KEEPER, 95 * 10**18)
        return [*paid, market.claim(BOB)]

    undisturbed = exits(interfering=False)
    assert all(sum(paid) > 0 for paid in undisturbed)
    assert exits(interfering=True) == undisturbed


@pytest.mark.finding("C15")
@pytest.mark.parametrize("contract", ["LeveragedPool", "PoolToken", "PoolFactory", "PoolKeeper", "StakingFarm"])
def test_ether__one_wei_with_any_call_or_with_none__is_refused(project, market, contracts, contract):
    called, evm = contracts[contract], market.chain.revm.evm
    calls = [b"", b"\xff" * 4]
    calls += [keccak(text=method.selector)[:4] + bytes(32 * 14) for method in contract_type(project, contract).methods]
    for data in calls:
        with pytest.raises(RuntimeError, match=r"Revert .*output: 0x(?![0-9a-f])"):
            evm.message_call(SENDER, called.address, calldata=data, value=1)
    assert evm.get_balance(called.address) == 0
