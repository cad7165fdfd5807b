"""The external interface to the letter, and who may do what: nobody can take, freeze or reprice what users have.

Interfaces are written here as in the specification, section 8, and read from the compiled contracts.
"""

import re
from dataclasses import asdict, replace

import pytest
from eth_abi import encode
from eth_utils import keccak

from perpetual_pools.model import CommitType
from tests.support.bytecode import instructions
from tests.support.pool import close
from tests.support.revm import SENDER, reverts
from tests.support.world import ALICE, BOB, CAROL, KEEPER, OWNER, TREASURY, open_sides, opened_market

ZERO = "0x" + "00" * 20
STRANGER = "0x" + "99" * 20
USDC = 10**6
TOKEN = 10**18

POOL_PARAMS = """
    string market, address settlementToken, address oracle, uint8 leverage, uint32 rebalanceInterval,
    uint32 frontRunningInterval, uint64 managementFee, uint64 mintFee, uint64 burnFee,
    uint128 keeperRewardMax, uint32 keeperRewardRamp, uint128 minLiquidity
"""

CONSTRUCTORS = {
    "LeveragedPool": "PoolParams params",
    "PoolToken": "string name",
    "PoolFactory": "address owner, address feeRecipient",
    "PoolKeeper": "",
    "ChainlinkOracleWrapper": "address feed, address sequencerFeed, uint256 maxAge, uint256 gracePeriod",
    "StakingFarm": "address rewardToken, address owner, uint256 start",
}

ACTIONS = {
    "LeveragedPool": """
        commit(uint8 commitType, uint256 amount, address controller) -> (uint256 epoch)
        commitWithPermit(uint8 commitType, uint256 amount, address controller,\
            uint256 deadline, uint8 v, bytes32 r, bytes32 s) -> (uint256 epoch)
        claim(address controller, address receiver) -> (uint256 settlementAmount, uint256 longAmount, uint256 shortAmount)
        rebalance(uint80 roundHint, address rewardRecipient) -> (uint256 reward)
        setOperator(address operator, bool approved) -> (bool)
        setMintPaused(bool paused)
        collectFees() -> (uint256 amount)
        shutdown()
        redeem(uint256 longAmount, uint256 shortAmount, address receiver) -> (uint256 settlementAmount)
    """,
    "PoolToken": """
        transfer(address to, uint256 amount) -> (bool)
        approve(address spender, uint256 amount) -> (bool)
        transferFrom(address from, address to, uint256 amount) -> (bool)
        permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        mint(uint256 amount)
        burn(address holder, uint256 amount)
        take(address holder, uint256 amount)
    """,
    "PoolFactory": """
        deployPool(PoolParams params) -> (address pool)
        setFeeRecipient(address)
        transferOwnership(address newOwner)
        acceptOwnership()
    """,
    "PoolKeeper": """
        upkeep(address[] pools, uint80[] roundHints, address rewardRecipient) -> (bool[] success)
        claimFor(address pool, address[] controllers)
        performUpkeep(bytes performData)
    """,
    "ChainlinkOracleWrapper": "",
    "StakingFarm": """
        addFarm(address token, uint8 market, uint256 weight)
        setWeight(address token, uint256 weight)
        setAllocation(uint256 primaryBps)
        schedule(uint256[] amounts)
        scheduleUndistributed(uint256 weeksCount)
        stake(address token, uint256 amount)
        stakeWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        withdraw(address token, uint256 amount)
        claim(address[] tokens) -> (uint256)
        exit(address token) -> (uint256)
        emergencyWithdraw(address token) -> (uint256)
        transferOwnership(address newOwner)
        acceptOwnership()
    """,
}
"""All that changes state. Nothing else does: see the test of completeness."""

VIEWS = {
    "LeveragedPool": """
        isOperator(address controller, address operator) -> (bool)
        name() -> (string)
        longToken() -> (address)
        shortToken() -> (address)
        settlementToken() -> (address)
        oracle() -> (address)
        factory() -> (address)
        leverage() -> (uint256)
        rebalanceInterval() -> (uint256)
        frontRunningInterval() -> (uint256)
        managementFee() -> (uint256)
        mintFee() -> (uint256)
        burnFee() -> (uint256)
        keeperRewardMax() -> (uint256)
        keeperRewardRamp() -> (uint256)
        minLiquidity() -> (uint256)
        lastPrice() -> (uint256)
        nextRebalance() -> (uint256)
        lastRebalance() -> (uint256)
        epoch() -> (uint256)
        protocolFees() -> (uint256)
        mintPaused() -> (bool)
        isShutdown() -> (bool)
        balances() -> (uint256 longBalance, uint256 shortBalance)
        supplies() -> (uint256 longSupply, uint256 shortSupply)
        tokenPrices() -> (uint256 longPrice, uint256 shortPrice)
        rebalancingRates() -> (int256 longRate, int256 shortRate)
        batch(uint256 epoch, uint8 commitType) -> (uint256 amountIn, uint256 amountOut)
        commitment(address controller, uint8 commitType, uint256 epoch) -> (uint256 amount)
        claimable(address controller) -> (uint256 settlementAmount, uint256 longAmount, uint256 shortAmount)
        keeperReward() -> (uint256)
        previewRebalance(uint256 price) -> (uint256 longBalance, uint256 shortBalance)
    """,
    "PoolToken": """
        pool() -> (address)
        name() -> (string)
        symbol() -> (string)
        decimals() -> (uint8)
        totalSupply() -> (uint256)
        balanceOf(address owner) -> (uint256)
        allowance(address owner, address spender) -> (uint256)
        nonces(address owner) -> (uint256)
        DOMAIN_SEPARATOR() -> (bytes32)
    """,
    "PoolFactory": """
        poolAddress(PoolParams params, address deployer) -> (address)
        isPool(address) -> (bool)
        poolCount() -> (uint256)
        pools(uint256) -> (address)
        owner() -> (address)
        feeRecipient() -> (address)
    """,
    "PoolKeeper": """
        due(address[] pools) -> (bool[])
        checkUpkeep(bytes data) -> (bool upkeepNeeded, bytes performData)
    """,
    "ChainlinkOracleWrapper": """
        priceAt(uint256 timestamp, uint80 roundHint) -> (uint256)
        latestPrice() -> (uint256)
        findRound(uint256 timestamp) -> (uint80)
    """,
    "StakingFarm": """
        earned(address account, address token) -> (uint256)
        stakeOf(address account, address token) -> (uint256)
        totalStaked(address token) -> (uint256)
        emitted(uint256 timestamp) -> (uint256)
        weekAmount(uint256 week) -> (uint256)
        weeksScheduled() -> (uint256)
        undistributed() -> (uint256)
        owner() -> (address)
    """,
}
"""There may be more."""

INTERFACES = {
    "LeveragedPool": ["ILeveragedPool"],
    "PoolToken": ["IPoolToken"],
    "PoolFactory": ["IPoolFactory"],
    "PoolKeeper": ["IPoolKeeper"],
    "ChainlinkOracleWrapper": ["IOracle", "IChainlinkOracleWrapper"],
    "StakingFarm": ["IStakingFarm"],
}
"""Where returned values have names: a contract does not repeat them."""

CONTRACTS = list(INTERFACES)


def contract_type(project, name):
    return project.get_contract(name).contract_type


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def fields(text):
    """Types and names (empty: any) of a list."""
    return [(kind, name) for kind, _, name in (part.strip().partition(" ") for part in text.split(",") if part.strip())]


def signature(line):
    """Name, inputs and outputs."""
    name, inputs, outputs = re.fullmatch(r"(\w+)\((.*?)\)(?: -> \((.*)\))?", line).groups()
    return name, fields(inputs), fields(outputs or "")


def matches(wanted, declared):
    """The types are the same; so are names where one is wanted. Solidity code appends a line to a name that has another
    meaning there."""
    found = [("PoolParams" if item.components else item.type, (item.name or "").rstrip("_")) for item in declared]
    return [kind for kind, _ in wanted] == [kind for kind, _ in found] and all(
        wanted_name in ("", name) for (_, wanted_name), (_, name) in zip(wanted, found, strict=True)
    )


# --- the interface ---

FUNCTIONS = [
    pytest.param(contract, line, mutability, id=f"{contract}.{line.partition('(')[0]}")
    for table, mutability in ((ACTIONS, {"nonpayable"}), (VIEWS, {"view", "pure"}))
    for contract in CONTRACTS
    for line in lines(table[contract])
]


@pytest.mark.parametrize(("contract", "line", "mutability"), FUNCTIONS)
def test_interface__of_the_specification__is_in_the_abi(project, contract, line, mutability):
    name, inputs, outputs = signature(line)
    (declared,) = [method for method in contract_type(project, contract).methods if method.name == name]
    assert matches(inputs, declared.inputs)
    assert matches([(kind, "") for kind, _ in outputs], declared.outputs)
    assert declared.stateMutability in mutability
    if any(name for _, name in outputs):
        in_manual = [
            method
            for interface in INTERFACES[contract]
            for method in contract_type(project, interface).methods
            if method.name == name
        ]
        assert [matches(outputs, method.outputs) for method in in_manual] == [True]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_interface__constructor__takes_what_the_specification_says(project, contract):
    assert matches(fields(CONSTRUCTORS[contract]), contract_type(project, contract).constructor.inputs)


def test_interface__pool_params__have_their_fields_in_order(project):
    (params,) = contract_type(project, "LeveragedPool").constructor.inputs
    assert matches(fields(POOL_PARAMS), params.components)


def test_interface__commit_types__are_in_their_order(project):
    source = (project.path / "contracts" / "interfaces" / "ILeveragedPool.sol").read_text()
    members = re.search(r"enum CommitType \{(.*?)\}", source, re.DOTALL).group(1)
    assert re.findall(r"\w+", members) == [
        "LongMint",
        "LongBurn",
        "ShortMint",
        "ShortBurn",
        "LongBurnShortMint",
        "ShortBurnLongMint",
    ]


# --- and nothing beyond it ---


@pytest.mark.finding("G01")
@pytest.mark.parametrize("contract", CONTRACTS)
def test_actions__all_that_change_state__are_these(project, contract):
    found = contract_type(project, contract)
    changing = [method.name for method in found.methods if method.stateMutability not in ("view", "pure")]
    assert sorted(changing) == sorted(signature(line)[0] for line in lines(ACTIONS[contract]))
    assert found.fallback is None
    assert found.receive is None


@pytest.mark.finding("C15")
@pytest.mark.parametrize("contract", CONTRACTS)
def test_actions__none__takes_ether(project, contract):
    found = contract_type(project, contract)
    assert {method.stateMutability for method in found.methods} <= {"nonpayable", "view", "pure"}
    assert found.constructor.stateMutability == "nonpayable"


# What those who trust a contract want to know of its code.
NOTABLE = {
    0x54: "SLOAD",
    0x55: "SSTORE",
    0x5C: "TLOAD",
    0x5D: "TSTORE",
    0xF0: "CREATE",
    0xF1: "CALL",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFA: "STATICCALL",
    0xFF: "SELFDESTRUCT",
}
USED = {
    "LeveragedPool": {"SLOAD", "SSTORE", "TLOAD", "TSTORE", "CALL", "STATICCALL"},
    # The one it asks is the precompiled contract that recovers who signed a permit.
    "PoolToken": {"SLOAD", "SSTORE", "STATICCALL"},
    "PoolFactory": {"SLOAD", "SSTORE", "STATICCALL", "CREATE2"},
    # No state, not even within a transaction.
    "PoolKeeper": {"CALL", "STATICCALL"},
    "ChainlinkOracleWrapper": {"STATICCALL"},
    "StakingFarm": {"SLOAD", "SSTORE", "TLOAD", "TSTORE", "CALL", "STATICCALL"},
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
    # As `instructions` expects it: with the length of metadata, none, at its end.
    found = instructions(code + bytes(2))
    assert {NOTABLE[opcode] for opcode in found & set(NOTABLE)} == USED[contract]


def test_code__check_itself__finds_a_contract_that_does_more(project):
    code, _ = code_and_data(bytes_of(contract_type(project, "ReentrantHook").runtime_bytecode))
    assert {0x54, 0x55, 0xF1} == instructions(code + bytes(2)) & set(NOTABLE)


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
    for contract in CONTRACTS:
        assert set(ROLES[contract]) == {signature(line)[0] for line in lines(ACTIONS[contract])}
    restricted = {
        (contract, name) for contract in CONTRACTS for name, role in ROLES[contract].items() if role != ANYONE
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


def test_roles__ownership__cannot_be_given_up(contracts):
    for owned in (contracts["PoolFactory"], contracts["StakingFarm"]):
        with reverts(owned.OwnershipCannotBeRenounced):
            owned.renounceOwnership(sender=OWNER)


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
