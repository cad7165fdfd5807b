"""What batches yield when a rebalance executes them: prices, fees, refunds, and what is left on an empty side.
Specification, section 3, step 4."""

from dataclasses import dataclass

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from perpetual_pools.twin.pool import HOUR, WAD
from tests.support.world import ALICE, BOB, CAROL, KEEPER, USDC, new_market, new_world, open_sides, opened_market

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, LONG_TO_SHORT, SHORT_TO_LONG = CommitType
SIDE = 1_000 * USDC
TOKEN = 10**18
DUST = 10**12
MAX_SUPPLY = 2**126
MAX_TOTAL = 2**120
UP = 105 * WAD
LONG, SHORT = 1_136_162_401, 863_837_599
"""The sides of the worked example: 1,000 USDC and 1,000 tokens each, then 5 % up at 3x."""
YEAR = 365 * 86_400


def minters(market, count):
    """As many accounts, each with 20,000 USDC that the pool may take."""
    accounts = ["0x" + f"{number:02x}" * 20 for number in range(1, count + 1)]
    for account in accounts:
        market.world.fund(account, 20_000 * USDC)
        market.world.token.approve(market.pool, 2**256 - 1, sender=account)
    return accounts


def worth(market, side, tokens):
    """Settlement units, rounded down."""
    return tokens * market.pool.balances()[side] // market.pool.supplies()[side]


# --- the six types ---


@dataclass(frozen=True)
class Yield:
    """Of one batch of 100 USDC or 100 tokens at LONG and SHORT: settlement units and token units."""

    out: int
    balances: tuple[int, int]
    supplies: tuple[int, int]
    fee: int = 0


WITHOUT_FEES = {
    LONG_MINT: Yield(88_015_586_426_715_418_124, (100_000_000, 0), (88_015_586_426_715_418_124, 0)),
    LONG_BURN: Yield(113_616_240, (-113_616_240, 0), (-100 * TOKEN, 0)),
    SHORT_MINT: Yield(115_762_499_937_213_314_096, (0, 100_000_000), (0, 115_762_499_937_213_314_096)),
    SHORT_BURN: Yield(86_383_759, (0, -86_383_759), (0, -100 * TOKEN)),
    LONG_TO_SHORT: Yield(
        131_524_999_758_664_128_255, (-113_616_240, 113_616_240), (-100 * TOKEN, 131_524_999_758_664_128_255)
    ),
    SHORT_TO_LONG: Yield(
        76_031_172_061_290_558_408, (86_383_759, -86_383_759), (76_031_172_061_290_558_408, -100 * TOKEN)
    ),
}
# 1 % for a mint, 1 % for a burn, both one after the other for a flip; each fee rounded down
WITH_FEES = {
    LONG_MINT: Yield(87_135_430_562_448_263_943, (99_000_000, 0), (87_135_430_562_448_263_943, 0), 1_000_000),
    LONG_BURN: Yield(112_480_078, (-113_616_240, 0), (-100 * TOKEN, 0), 1_136_162),
    SHORT_MINT: Yield(114_604_874_937_841_180_955, (0, 99_000_000), (0, 114_604_874_937_841_180_955), 1_000_000),
    SHORT_BURN: Yield(85_519_922, (0, -86_383_759), (0, -100 * TOKEN), 863_837),
    LONG_TO_SHORT: Yield(
        128_907_653_624_833_711_365,
        (-113_616_240, 111_355_278),
        (-100 * TOKEN, 128_907_653_624_833_711_365),
        1_136_162 + 1_124_800,
    ),
    SHORT_TO_LONG: Yield(
        74_518_152_445_004_206_753,
        (84_664_723, -86_383_759),
        (74_518_152_445_004_206_753, -100 * TOKEN),
        863_837 + 855_199,
    ),
}


def opened_for(project, fees):
    """1,000 USDC and 1,000 tokens a side, after the mint fee; no fees waiting."""
    if not fees:
        return opened_market(project, SIDE, SIDE)
    market = new_market(project, mint_fee=WAD // 100, burn_fee=WAD // 100)
    open_sides(market, 1_010_101_010, 1_010_101_010)
    assert market.collect_fees(KEEPER) == 2 * 10_101_010
    assert (market.pool.balances(), market.pool.supplies()) == ((SIDE, SIDE), (1_000 * TOKEN, 1_000 * TOKEN))
    return market


def amount_of(kind):
    return 100 * USDC if kind.is_mint else 100 * TOKEN


def holder_of(kind):
    """Mints are carol's; alice holds the L-tokens, bob the S-tokens."""
    return CAROL if kind.is_mint else (ALICE, BOB)[kind.burned_side]


def claimed(kind, out):
    """What claims pay: settlement units, L-tokens, S-tokens."""
    position = 0 if kind.is_burn else 1 + kind.minted_side
    return tuple(out if index == position else 0 for index in range(3))


def plus(pair, *changes):
    return tuple(sum(values) for values in zip(pair, *changes, strict=True))


@pytest.mark.parametrize("kind", CommitType)
@pytest.mark.parametrize("fees", [False, True])
def test_batches__one_type_alone__executes_at_the_price_after_the_transfer(project, kind, fees):
    market, expected = opened_for(project, fees), (WITH_FEES if fees else WITHOUT_FEES)[kind]
    market.commit(holder_of(kind), kind, amount_of(kind))
    market.next_epoch(KEEPER, UP)
    assert market.pool.batch(2, int(kind)) == (amount_of(kind), expected.out)
    assert market.pool.balances() == plus((LONG, SHORT), expected.balances)
    assert market.pool.supplies() == plus((1_000 * TOKEN, 1_000 * TOKEN), expected.supplies)
    assert market.pool.protocolFees() == expected.fee
    assert market.claim(holder_of(kind)) == claimed(kind, expected.out)


@pytest.mark.parametrize("fees", [False, True])
def test_batches__all_types_together__yield_what_each_does_alone(project, fees):
    market, table = opened_for(project, fees), WITH_FEES if fees else WITHOUT_FEES
    for kind in reversed(CommitType):
        market.commit(holder_of(kind), kind, amount_of(kind))
    market.next_epoch(KEEPER, UP)
    assert [market.pool.batch(2, kind)[1] for kind in range(6)] == [table[kind].out for kind in CommitType]
    assert market.pool.balances() == plus((LONG, SHORT), *(each.balances for each in table.values()))
    assert market.pool.supplies() == plus((1_000 * TOKEN,) * 2, *(each.supplies for each in table.values()))
    assert market.pool.protocolFees() == sum(each.fee for each in table.values())


def test_batches__all_types_together__are_announced_in_their_order_before_the_rebalance(opened, alice, keeper):
    for kind in CommitType:
        opened.commit(alice, kind, amount_of(kind))
    opened.set_price(UP)
    opened.move_to_rebalance()
    events = opened.chain.send(opened.pool, "rebalance", [0, ZERO_ADDRESS], keeper).events
    assert events[:-1] == [
        (
            "BatchExecuted",
            {"epoch": 2, "commitType": int(kind), "amountIn": amount_of(kind), "amountOut": WITHOUT_FEES[kind].out},
        )
        for kind in CommitType
    ]
    assert events[-1][0] == "Rebalanced"
    assert (events[-1][1]["longBalance"], events[-1][1]["shortBalance"]) == (
        LONG + 100_000_000 - 113_616_240 - 113_616_240 + 86_383_759,
        SHORT + 100_000_000 - 86_383_759 + 113_616_240 - 86_383_759,
    )


def test_batches__none__announces_only_the_rebalance(opened, keeper):
    opened.move_to_rebalance()
    events = opened.chain.send(opened.pool, "rebalance", [0, ZERO_ADDRESS], keeper).events
    assert [name for name, _ in events] == ["Rebalanced"]


# --- fees ---


@pytest.mark.finding("C11")
def test_batches__flip_of_1000_at_1_and_1_percent__yields_980_10_and_the_fees_leave_the_sides_at_execution(project):
    market = new_market(project, mint_fee=WAD // 100, burn_fee=WAD // 100)
    open_sides(market, 10_101_010_101, 10_101_010_101)
    sides, fees = market.pool.balances(), market.pool.protocolFees()
    assert (sides, fees) == ((10_000 * USDC, 10_000 * USDC), 2 * 101_010_101)
    # carol mints for one interval, hoping for the flip's fees
    market.commit(CAROL, SHORT_MINT, 1_000 * USDC)
    market.commit(ALICE, LONG_TO_SHORT, 1_000 * TOKEN)
    market.next_epoch(KEEPER)
    assert market.pool.batch(2, int(LONG_TO_SHORT)) == (1_000 * TOKEN, 980_100_000_000_000_000_000)
    assert market.pool.balances() == (9_000 * USDC, 10_000 * USDC + 990 * USDC + 980_100_000)
    assert market.pool.protocolFees() == fees + 10 * USDC + 19_900_000
    assert market.pool.tokenPrices() == (WAD, WAD)

    assert market.claim(CAROL) == (0, 0, 990 * TOKEN)
    market.commit(CAROL, SHORT_BURN, 990 * TOKEN)
    market.next_epoch(KEEPER)
    # nothing but her own 1,000 * 0.99 * 0.99
    assert market.claim(CAROL) == (980_100_000, 0, 0)
    assert market.claim(ALICE) == (0, 0, 980_100_000_000_000_000_000)


@pytest.mark.parametrize(("amount", "fee"), [(9, 0), (10, 1), (19, 1), (1_000_009, 100_000)])
def test_batches__fees__are_rounded_down(project, amount, fee):
    market = new_market(project, mint_fee=WAD // 10)
    market.commit(CAROL, LONG_MINT, amount)
    market.next_epoch(KEEPER)
    assert market.pool.balances() == (amount - fee, 0)
    assert market.pool.protocolFees() == fee


# --- refunds ---


def require_refunded(market, epoch, holder, kind, amount):
    """The batch executed, yielded nothing and took no fee; `holder`, alone in it, claims what they put in."""
    assert market.pool.batch(epoch, int(kind)) == (amount, 0)
    assert market.pool.epoch() > epoch
    position = 0 if kind.is_mint else 1 + kind.burned_side
    assert market.claim(holder) == tuple(amount if index == position else 0 for index in range(3))


@pytest.mark.parametrize("kind", [LONG_BURN, SHORT_BURN, LONG_TO_SHORT, SHORT_TO_LONG])
def test_batches__burn_or_flip_worth_nothing__is_refunded(project, kind):
    market = opened_market(project, SIDE, SIDE)
    # 0.88 millionths of a token: less than a settlement unit on either side
    market.commit(holder_of(kind), kind, 880_000_000_000)
    market.next_epoch(KEEPER, UP)
    require_refunded(market, 2, holder_of(kind), kind, 880_000_000_000)
    assert market.pool.balances() == (LONG, SHORT)
    assert market.pool.protocolFees() == 0


def test_batches__mint_worth_less_than_a_token_unit__is_refunded(project):
    market = opened_market(project, 1_000 * TOKEN, 1_000 * TOKEN, decimals=18)
    market.commit(CAROL, LONG_MINT, 1)
    market.next_epoch(KEEPER, UP)
    require_refunded(market, 2, CAROL, LONG_MINT, 1)


@pytest.mark.finding("M02")
@pytest.mark.finding("M06")
def test_batches__side_with_a_supply_of_1e24_and_no_balance__refunds_all_that_would_join_or_leave_it(project):
    market = opened_market(project, 10**6 * USDC, 10**6 * USDC, management_fee=WAD // 10)
    market.move_to_rebalance(late=10 * YEAR - HOUR)
    market.rebalance(KEEPER)
    assert (market.pool.balances(), market.pool.supplies()) == ((0, 0), (10**24, 10**24))
    for kind in CommitType:
        market.commit(holder_of(kind), kind, 1_000 * USDC if kind.is_mint else 1_000 * TOKEN)
    market.next_epoch(KEEPER, UP)
    assert [market.pool.batch(3, kind)[1] for kind in range(6)] == [0] * 6
    assert market.claim(CAROL) == (2_000 * USDC, 0, 0)
    assert market.claim(ALICE) == (0, 2_000 * TOKEN, 0)
    assert market.claim(BOB) == (0, 0, 2_000 * TOKEN)
    assert (market.pool.balances(), market.pool.supplies()) == ((0, 0), (10**24, 10**24))


@pytest.mark.parametrize(("amount", "out"), [(DUST - 1, 0), (DUST, DUST)])
def test_batches__mint_that_would_leave_a_side_below_dust__is_refunded(project, amount, out):
    market = new_market(project, decimals=18)
    market.commit(CAROL, LONG_MINT, amount)
    market.next_epoch(KEEPER)
    assert market.pool.batch(1, int(LONG_MINT)) == (amount, out)
    assert market.pool.balances() == (out, 0)
    assert market.claim(CAROL) == ((amount, 0, 0) if out == 0 else (0, DUST, 0))


@pytest.mark.parametrize(("amount", "out"), [(DUST - 1, 0), (DUST, DUST)])
def test_batches__flip_that_would_leave_a_side_below_dust__is_refunded(project, amount, out):
    market = opened_market(project, TOKEN, 0, decimals=18)
    market.commit(ALICE, LONG_TO_SHORT, amount)
    market.next_epoch(KEEPER)
    assert market.pool.batch(2, int(LONG_TO_SHORT)) == (amount, out)
    assert market.pool.balances() == (TOKEN - out, out)
    assert market.claim(ALICE) == ((0, 0, DUST) if out else (0, amount, 0))


@pytest.mark.parametrize("above", [0, 1])
def test_batches__mint_beyond_the_greatest_supply__is_refunded(project, above):
    world = new_world(project)
    amount = MAX_SUPPLY // 10**12 + above
    world.fund(CAROL, amount)
    market = world.deploy_pool()
    market.commit(CAROL, LONG_MINT, amount)
    market.next_epoch(KEEPER)
    assert market.pool.batch(1, int(LONG_MINT)) == (amount, 0 if above else amount * 10**12)
    assert market.pool.balances() == (0 if above else amount, 0)
    assert market.claim(CAROL) == ((amount, 0, 0) if above else (0, amount * 10**12, 0))


def test_batches__flip_beyond_the_greatest_supply__is_refunded(project):
    world = new_world(project)
    world.fund(BOB, MAX_SUPPLY // 10**12)
    market = world.deploy_pool()
    open_sides(market, SIDE, MAX_SUPPLY // 10**12)
    market.commit(ALICE, LONG_TO_SHORT, TOKEN)
    market.next_epoch(KEEPER)
    require_refunded(market, 2, ALICE, LONG_TO_SHORT, TOKEN)
    assert market.pool.balances() == (SIDE, MAX_SUPPLY // 10**12)


@pytest.mark.parametrize("mint_fee", [0, WAD // 10])
@pytest.mark.parametrize("above", [0, 1])
def test_batches__mint_beyond_the_greatest_total__is_refunded_whatever_the_fee(project, mint_fee, above):
    world = new_world(project, decimals=18)
    world.fund(CAROL, MAX_TOTAL)
    market = world.deploy_pool(mint_fee=mint_fee)
    open_sides(market, 1_000 * TOKEN, 1_000 * TOKEN)
    before = market.pool.balances()
    amount = MAX_TOTAL - sum(before) + above
    market.commit(CAROL, SHORT_MINT, amount)
    market.next_epoch(KEEPER)
    joined = 0 if above else amount - amount * mint_fee // WAD
    assert market.pool.balances() == (before[0], before[1] + joined)
    assert market.pool.batch(2, int(SHORT_MINT)) == (amount, joined)
    assert market.claim(CAROL) == ((amount, 0, 0) if above else (0, 0, joined))


def test_batches__refunded_one__leaves_the_others_of_its_epoch(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, LONG_BURN, 1)
    market.commit(CAROL, LONG_MINT, 100 * USDC)
    market.next_epoch(KEEPER, UP)
    assert market.claim(CAROL) == (0, WITHOUT_FEES[LONG_MINT].out, 0)
    require_refunded(market, 2, ALICE, LONG_BURN, 1)


@pytest.mark.parametrize("moves", [[WAD * 10**6, WAD * 10**10], [10**16, 10**12, 10**8, 10**4, 1]])
@pytest.mark.finding("M02")
def test_batches__side_wiped_by_moves_of_99_99_percent__rebalances_go_on_and_nothing_is_lost(project, moves):
    market = opened_market(project, 10**6 * USDC, 10**6 * USDC, min_liquidity=USDC)
    for price in moves:
        for kind in CommitType:
            market.commit(holder_of(kind), kind, USDC if kind.is_mint else TOKEN)
        market.next_epoch(KEEPER, price)
        for holder in (ALICE, BOB, CAROL):
            market.claim(holder)
    assert market.pool.epoch() == 2 + len(moves)
    assert min(market.pool.balances()) > 0

    for holder in (ALICE, BOB, CAROL):
        for token, kind in ((market.long_token, LONG_BURN), (market.short_token, SHORT_BURN)):
            if amount := token.balanceOf(holder):
                market.commit(holder, kind, amount)
    market.next_epoch(KEEPER)
    for holder in (ALICE, BOB, CAROL):
        market.claim(holder)
    market.collect_fees(KEEPER)
    assert market.pool.supplies() == (0, 0)
    # P1: less than a unit for every claim
    assert market.world.token.balanceOf(market.pool) <= 6


# --- sides that nobody holds any more ---


@pytest.mark.parametrize("left", [0, 1, DUST - 1])
def test_batches__burn_that_leaves_less_than_dust__sends_the_rest_of_the_side_to_the_fees(project, left):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, LONG_BURN, 1_000 * TOKEN - left)
    market.next_epoch(KEEPER, UP)
    out = (1_000 * TOKEN - left) * LONG // (1_000 * TOKEN)
    assert market.pool.batch(2, int(LONG_BURN)) == (1_000 * TOKEN - left, out)
    assert market.pool.balances() == (0, SHORT)
    assert market.pool.supplies() == (left, 1_000 * TOKEN)
    assert market.pool.protocolFees() == LONG - out
    assert LONG - out == {0: 0, 1: 1, DUST - 1: 2}[left]


def test_batches__burn_that_leaves_just_dust__leaves_the_side_its_rest(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, LONG_BURN, 1_000 * TOKEN - DUST)
    market.next_epoch(KEEPER, UP)
    assert market.pool.balances() == (2, SHORT)
    assert market.pool.supplies() == (DUST, 1_000 * TOKEN)
    assert market.pool.protocolFees() == 0


def test_batches__mint_into_a_side_below_dust__starts_at_price_1_and_counts_what_is_there(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, LONG_BURN, 1_000 * TOKEN - (DUST - 1))
    market.next_epoch(KEEPER, UP)
    market.commit(CAROL, LONG_MINT, USDC)
    market.next_epoch(KEEPER)
    assert market.claim(CAROL) == (0, TOKEN, 0)
    assert market.pool.supplies()[0] == TOKEN + DUST - 1
    assert market.pool.balances()[0] == USDC


def test_batches__side_burned_whole_while_others_mint__goes_on_with_the_new_holders(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, LONG_BURN, 1_000 * TOKEN)
    market.commit(CAROL, LONG_MINT, 100 * USDC)
    market.next_epoch(KEEPER, UP)
    assert market.claim(ALICE) == (LONG, 0, 0)
    # at the price of the side as it was, not at 1
    assert market.claim(CAROL) == (0, WITHOUT_FEES[LONG_MINT].out, 0)
    assert market.pool.balances() == (100 * USDC, SHORT)


# --- the first minter's tricks ---


@pytest.mark.finding("M05")
def test_batches__side_of_1_unit__draws_no_value_and_a_later_minter_keeps_theirs(project):
    market = opened_market(project, 1, 10**6 * USDC)
    market.next_epoch(KEEPER, 10**6 * WAD)
    assert market.pool.balances() == (1, 10**6 * USDC)
    market.commit(CAROL, LONG_MINT, 20_000 * USDC)
    market.next_epoch(KEEPER)
    assert market.claim(CAROL) == (0, 20_000 * TOKEN, 0)
    assert worth(market, 0, 20_000 * TOKEN) == 20_000 * USDC


@pytest.mark.finding("M05")
@pytest.mark.parametrize("times", [1, 2])
def test_batches__small_side_that_drew_a_million__a_later_minter_keeps_theirs(project, times):
    market = opened_market(project, USDC, 10**6 * USDC)
    for turn in range(times):
        if turn:
            # alice goes down to 1 USDC and a millionth of a token: as few tokens as a side can have
            market.commit(ALICE, LONG_BURN, market.pool.supplies()[0] - DUST)
            market.commit(BOB, SHORT_MINT, 10**6 * USDC)
            market.next_epoch(KEEPER)
            assert market.pool.supplies()[0] == DUST
        market.next_epoch(KEEPER, market.pool.lastPrice() * 10**4)
    # short kept 1 unit each time
    assert market.pool.balances()[0] >= 10**6 * USDC
    market.commit(CAROL, LONG_MINT, 20_000 * USDC)
    market.next_epoch(KEEPER)
    _, tokens, _ = market.claim(CAROL)
    assert worth(market, 0, tokens) >= 19_998 * USDC


@pytest.mark.finding("M13")
def test_batches__sole_holder_burns_all_but_1_unit__nine_later_minters_are_owed_what_they_put_in(project):
    market = opened_market(project, 10**6 * USDC, 10**6 * USDC, burn_fee=WAD // 10)
    market.commit(ALICE, LONG_BURN, 10**24 - 1)
    market.next_epoch(KEEPER)
    # 10**12 units less one, for rounding; a tenth of them are fees, and what was left of the side too
    assert market.pool.balances() == (0, 10**6 * USDC)
    assert market.claim(ALICE) == (900_000_000_000, 0, 0)
    assert market.pool.protocolFees() == 100_000_000_000

    accounts = minters(market, 9)
    for account in accounts:
        market.commit(account, LONG_MINT, 20_000 * USDC)
    market.next_epoch(KEEPER)
    assert market.pool.balances()[0] == 180_000 * USDC
    for account in accounts:
        assert market.claim(account) == (0, 20_000 * TOKEN, 0)
    # the unit that alice kept counts: less than a unit of each claim
    assert worth(market, 0, 20_000 * TOKEN) == 20_000 * USDC - 1 >= 19_998 * USDC


@pytest.mark.finding("M13")
def test_batches__small_side_that_gains_and_burns_back_five_times__nine_later_minters_are_owed_what_they_put_in(
    project,
):
    market = opened_market(project, USDC, 10**6 * USDC)
    wiped = 0
    for _ in range(5):
        market.next_epoch(KEEPER, market.pool.lastPrice() * 101 // 100)
        (long, _), (supply, _) = market.pool.balances(), market.pool.supplies()
        if long > USDC:
            market.commit(ALICE, LONG_BURN, supply - supply * USDC // long)
        market.next_epoch(KEEPER)
        market.claim(ALICE)
        wiped += market.pool.balances()[0] == 0
    # (1/1.01)**3 of a million went over twice; the second time too few tokens were left, and what they stood for is fees
    assert wiped == 4
    assert market.pool.protocolFees() >= USDC

    accounts = minters(market, 9)
    for account in accounts:
        market.commit(account, LONG_MINT, 20_000 * USDC)
    market.next_epoch(KEEPER)
    for account in accounts:
        assert market.claim(account) == (0, 20_000 * TOKEN, 0)
        assert worth(market, 0, 20_000 * TOKEN) >= 19_998 * USDC


def dear_side(project, short):
    """bob alone, both sides: three moves of 1 % make a long side of 1 USDC dear, and he burns all but few tokens of it."""
    market = new_market(project)
    market.commit(BOB, LONG_MINT, USDC)
    market.commit(BOB, SHORT_MINT, short)
    market.next_epoch(KEEPER)
    market.claim(BOB)
    for last in (False, False, True):
        market.next_epoch(KEEPER, market.pool.lastPrice() * 101 // 100)
        (long, _), (supply, _) = market.pool.balances(), market.pool.supplies()
        surplus = supply - max(supply * USDC // long + 1, 11 * DUST // 10)
        if surplus > 0 and not last:
            market.commit(BOB, LONG_BURN, surplus)
            market.next_epoch(KEEPER)
            market.claim(BOB)
    return market


@pytest.mark.parametrize(
    ("short", "stake", "can_be_joined"),
    [(10**6 * USDC, 20_000 * USDC, True), (10**8 * USDC, 2 * 10**6 * USDC, False)],
)
@pytest.mark.parametrize("same_epoch", [True, False])
def test_batches__holder_of_a_dear_side_leaves__who_stays_with_less_tokens_than_dust_keeps_theirs(
    project, short, stake, can_be_joined, same_epoch
):
    market = dear_side(project, short)
    market.commit(ALICE, LONG_MINT, stake)
    if not same_epoch:
        market.next_epoch(KEEPER)
    market.commit(BOB, LONG_BURN, market.long_token.balanceOf(BOB))
    market.next_epoch(KEEPER)
    _, tokens, _ = market.claim(ALICE)
    assert 0 < market.pool.supplies()[0] < DUST
    assert market.pool.protocolFees() == 0
    # Less than a token unit of rounding, twice: each is worth less than a cent of a stake of 20,000 USDC.
    assert stake - 2 * stake // tokens <= worth(market, 0, tokens) <= stake + stake // tokens

    market.commit(CAROL, LONG_MINT, stake)
    market.next_epoch(KEEPER)
    refund, others, _ = market.claim(CAROL)
    # The second time a token unit is worth 0.000005 USDC.
    assert refund == (0 if can_be_joined else stake)
    assert refund or worth(market, 0, others) >= stake - 2 * stake // tokens
    market.commit(ALICE, LONG_BURN, tokens)
    market.next_epoch(KEEPER)
    assert market.claim(ALICE)[0] >= stake - 2 * stake // tokens


@pytest.mark.parametrize(("left", "swept"), [(2 * USDC - 1, True), (2 * USDC, False)])
def test_batches__supply_below_dust__is_swept_below_twice_the_minimum_liquidity(project, left, swept):
    market = dear_side(project, 10**6 * USDC)
    (long, _), (supply, _) = market.pool.balances(), market.pool.supplies()
    # As many tokens stay as leave that much on the side.
    stay = left * supply // long
    assert long - (supply - stay) * long // supply == left and stay < DUST
    market.commit(BOB, LONG_BURN, supply - stay)
    market.next_epoch(KEEPER)
    assert market.pool.supplies()[0] == stay
    assert market.pool.balances()[0] == (0 if swept else left)
    assert market.pool.protocolFees() == (left if swept else 0)
    assert market.pool.tokenPrices()[0] == (WAD if swept else left * 10**12 * WAD // stay)


def test_batches__supply_below_dust_whose_value_a_move_has_taken__is_swept_with_the_next_batch(project):
    # Found by the property tests after half a million steps: contract and model disagreed.
    market = dear_side(project, 10**6 * USDC)
    (long, _), (supply, _) = market.pool.balances(), market.pool.supplies()
    market.commit(BOB, LONG_BURN, supply - 3 * USDC * supply // long)
    market.next_epoch(KEEPER)
    (long, _), (supply, _) = market.pool.balances(), market.pool.supplies()
    assert 2 * USDC <= long <= 3 * USDC + 1 and 0 < supply < DUST
    # 3x: half the price leaves an eighth.
    market.next_epoch(KEEPER, market.pool.lastPrice() // 2)
    left = market.pool.balances()[0]
    assert abs(8 * left - long) <= 8
    assert (market.pool.supplies()[0], market.pool.protocolFees()) == (supply, 0)
    market.commit(ALICE, SHORT_MINT, USDC)
    market.next_epoch(KEEPER)
    assert (market.pool.balances()[0], market.pool.supplies()[0], market.pool.protocolFees()) == (0, supply, left)


def test_batches__supply_below_dust_of_dear_units__refunds_who_would_lose_to_rounding(project):
    market = dear_side(project, 10**6 * USDC)
    for _ in range(3):
        (long, _), (supply, _) = market.pool.balances(), market.pool.supplies()
        market.commit(BOB, LONG_BURN, supply - (3 * USDC * supply // long + 1))
        market.next_epoch(KEEPER)
        market.claim(BOB)
        if market.pool.balances()[0] > market.pool.supplies()[0]:
            break
        market.next_epoch(KEEPER, market.pool.lastPrice() * 101 // 100)
    (long, _), (supply, _) = market.pool.balances(), market.pool.supplies()
    assert long >= 2 * USDC and supply < DUST and long > supply
    market.commit(CAROL, LONG_MINT, 20_000 * USDC)
    market.next_epoch(KEEPER)
    assert market.claim(CAROL) == (20_000 * USDC, 0, 0)


@pytest.mark.finding("M03")
@pytest.mark.parametrize("kind", [LONG_MINT, SHORT_MINT])
def test_batches__first_minter_of_an_empty_side__starts_at_price_1(project, kind):
    market = new_market(project)
    market.commit(CAROL, kind, 1_234_567)
    market.next_epoch(KEEPER, 7 * WAD)
    assert market.pool.tokenPrices() == (WAD, WAD)
    assert market.claim(CAROL) == claimed(kind, 1_234_567 * 10**12)
