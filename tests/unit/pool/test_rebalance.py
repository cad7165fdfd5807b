"""`rebalance` as a whole: who may call it when, what it asks the oracle, the order of its steps, what it leaves. The steps
have files of their own. Specification, section 3."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType, Refused
from perpetual_pools.twin.pool import HOUR, PRICE, WAD
from tests.support.pool import TOKEN, act, close, reverts
from tests.support.world import USDC

OPENS = 2_000_005_200
"""When `opened`, which is in epoch 2, rebalances next."""
MAX_PRICE = 2**96 - 1


def tokens_of(market, account):
    return tuple(token.balanceOf(account) for token in (market.world.token, market.long_token, market.short_token))


# --- refusals ---


@pytest.mark.finding("K11")
@pytest.mark.parametrize("early", [1, HOUR - 1])
def test_rebalance__before_its_time__reverts_with_the_time_it_opens(opened, keeper, early):
    opened.world.move_to(OPENS - early)
    with reverts(opened, "RebalanceNotDue", opensAt=OPENS):
        opened.pool.rebalance(0, keeper, sender=keeper)


def test_rebalance__second_call_between_two_grid_times__reverts(opened, keeper, stranger):
    opened.next_epoch(keeper)
    opened.world.advance(60)
    with reverts(opened, "RebalanceNotDue", opensAt=OPENS + HOUR):
        opened.pool.rebalance(0, stranger, sender=stranger)


def test_rebalance__closed_pool__reverts(opened, keeper):
    close(opened, keeper)
    opened.set_oracle_failing(False)
    with reverts(opened, "PoolIsShutdown"):
        opened.pool.rebalance(0, keeper, sender=keeper)


@pytest.mark.parametrize("price", [0, MAX_PRICE + 1, 2**256 - 1])
def test_rebalance__price_out_of_range__reverts(opened, keeper, price):
    opened.set_price(price)
    opened.move_to_rebalance()
    with reverts(opened, "PriceOutOfRange", price=price):
        opened.pool.rebalance(0, keeper, sender=keeper)


def test_rebalance__oracle_that_reverts__reverts_with_the_oracles_error(opened, keeper):
    opened.set_oracle_failing(True)
    opened.move_to_rebalance()
    with reverts(opened, "OracleReverting", opened.oracle):
        opened.pool.rebalance(0, keeper, sender=keeper)


def test_rebalance__hint_that_the_oracle_refuses__reverts_with_the_oracles_error(opened, owner, keeper):
    opened.oracle.setRound(7, sender=owner)
    opened.move_to_rebalance()
    with reverts(opened, "WrongHint", opened.oracle, roundHint=2**80 - 1, expected=7):
        opened.pool.rebalance(2**80 - 1, keeper, sender=keeper)
    assert act(opened, keeper, "rebalance", 7, ZERO_ADDRESS).value == 0
    assert opened.pool.epoch() == 3


# --- a failed rebalance changes nothing ---


@pytest.mark.anvil
@pytest.mark.finding("K09")
@pytest.mark.finding("O09")
def test_rebalance__oracle_fails_within_an_upkeep__every_slot_of_the_pool_stays(opened, alice, bob, keeper):
    def storage():
        return opened.chain.storage(opened.pool)

    # Something in every kind of slot: batches of both live epochs, fees, an operator.
    opened.set_operator(alice, bob)
    opened.commit(alice, CommitType.LONG_BURN, TOKEN)
    opened.world.move_to(OPENS - 60)
    opened.commit(bob, CommitType.SHORT_MINT, USDC)
    opened.set_price(150 * WAD)
    opened.set_oracle_failing(True)
    opened.move_to_rebalance(late=600)
    before = storage(), tokens_of(opened, opened.pool), tokens_of(opened, keeper)

    upkeep = opened.world.contracts.keeper, "upkeep", [[opened.pool], [0], keeper], keeper
    assert [name for name, _ in opened.chain.send(*upkeep, opened.pool).events] == ["UpkeepFailed"]
    assert (storage(), tokens_of(opened, opened.pool), tokens_of(opened, keeper)) == before

    opened.set_oracle_failing(False)
    opened.rebalance(keeper)
    assert storage() != before[0]
    # The whole move: short keeps (100/150)**3 of 1,000 USDC, 296.296297; then a thousandth of long burns.
    assert opened.pool.balances() == (1_702_000_000, 296_296_297)
    assert opened.pool.batch(2, CommitType.LONG_BURN.value) == (TOKEN, 1_703_703)


@pytest.mark.finding("K09")
def test_rebalance__after_a_failed_one__applies_the_whole_move_at_the_later_time(opened, keeper):
    opened.set_price(105 * WAD)
    opened.set_oracle_failing(True)
    opened.move_to_rebalance()
    with pytest.raises(Refused, match="OracleReverting"):
        opened.rebalance(keeper)
    assert (opened.pool.lastPrice(), opened.pool.lastRebalance(), opened.pool.epoch()) == (PRICE, OPENS - HOUR, 2)

    opened.set_oracle_failing(False)
    opened.move_to_rebalance(late=HOUR)
    opened.rebalance(keeper)
    assert opened.pool.balances() == (1_136_162_401, 863_837_599)
    assert (opened.pool.lastPrice(), opened.pool.lastRebalance(), opened.pool.epoch()) == (105 * WAD, OPENS + HOUR, 3)


# --- what it does ---


def test_rebalance__on_time__emits_everything_and_moves_no_token(opened, stranger):
    held = tokens_of(opened, opened.pool)
    opened.set_price(105 * WAD)
    opened.move_to_rebalance()
    sent = act(opened, stranger, "rebalance", 0, ZERO_ADDRESS)
    assert sent.value == 0
    assert sent.events == [
        (
            "Rebalanced",
            {
                "epoch": 2,
                "timestamp": OPENS,
                "price": 105 * WAD,
                "nextRebalance": OPENS + HOUR,
                "longBalance": 1_136_162_401,
                "shortBalance": 863_837_599,
                "fees": 0,
                "reward": 0,
                "rewardRecipient": ZERO_ADDRESS,
            },
        )
    ]
    assert tokens_of(opened, opened.pool) == held == (2_000 * USDC, 0, 0)
    assert opened.pool.lastPrice() == 105 * WAD
    assert opened.pool.lastRebalance() == OPENS
    assert opened.pool.nextRebalance() == OPENS + HOUR
    assert opened.pool.epoch() == 3


def test_rebalance__fee_reward_transfer_and_batches__happen_in_this_order(deploy_market, alice, bob, keeper):
    market = deploy_market(
        management_fee=WAD // 10, mint_fee=WAD // 100, burn_fee=WAD // 50, keeper_reward_max=USDC // 10
    )
    market.open_with(alice, 1_000 * USDC, bob, 1_000 * USDC, keeper)
    # 1 % of both mints are fees: 990 USDC and 990 tokens a side.
    assert market.pool.balances() == (990 * USDC, 990 * USDC)
    assert market.pool.supplies() == (990 * TOKEN, 990 * TOKEN)
    market.commit(alice, CommitType.LONG_BURN, 99 * TOKEN)
    market.commit(bob, CommitType.SHORT_MINT, 50 * USDC)
    market.set_price(105 * WAD)
    market.move_to_rebalance(late=300)
    held = market.world.token.balanceOf(market.pool)

    # 10 % a year of 990 USDC for an hour: 11,301 units a side, so 989.988699 USDC are left.
    # Half of the ramp: 0.05 USDC, 25,000 units a side, so 989.963699 USDC are left.
    # Short keeps (100/105)**3 of it: 855.167865; long has 1,124.759533.
    # 99 of 990 L-tokens are worth 112.475953; 2 % of it, 2.249519, are fees, 110.226434 come out.
    # 49.5 of 50 USDC join the short side: 49.5 * 990 / 855.167865 = 57.304538... tokens come out.
    minted = 57_304_538_682_589_528_782
    sent = act(market, keeper, "rebalance", 0, keeper)
    assert sent.value == 50_000
    assert sent.events == [
        ("BatchExecuted", {"epoch": 2, "commitType": 1, "amountIn": 99 * TOKEN, "amountOut": 110_226_434}),
        ("BatchExecuted", {"epoch": 2, "commitType": 2, "amountIn": 50 * USDC, "amountOut": minted}),
        (
            "Rebalanced",
            {
                "epoch": 2,
                "timestamp": OPENS,
                "price": 105 * WAD,
                "nextRebalance": OPENS + HOUR,
                "longBalance": 1_124_759_533 - 112_475_953,
                "shortBalance": 855_167_865 + 49_500_000,
                "fees": 2 * 11_301 + 2_249_519 + 500_000,
                "reward": 50_000,
                "rewardRecipient": keeper.address,
            },
        ),
    ]
    assert market.world.token.balanceOf(keeper) == 50_000
    assert market.world.token.balanceOf(market.pool) == held - 50_000
    assert market.long_token.totalSupply() == market.pool.supplies()[0] == 891 * TOKEN
    assert market.short_token.totalSupply() == market.pool.supplies()[1] == 990 * TOKEN + minted
    assert tokens_of(market, market.pool)[1:] == (0, minted)


@pytest.mark.parametrize("late", [0, 600, HOUR - 1])
@pytest.mark.parametrize("missed", [0, 2])
def test_rebalance__price__is_that_as_of_the_latest_grid_time_whenever_it_is_called(
    opened, owner, keeper, late, missed
):
    at = OPENS + missed * HOUR
    opened.oracle.setPriceAt(at, 105 * WAD, sender=owner)
    for other in {OPENS, OPENS + late, at + late, at - 1, at + HOUR} - {at}:
        opened.oracle.setPriceAt(other, 999 * WAD, sender=owner)
    opened.world.move_to(at + late)
    act(opened, keeper, "rebalance", 0, ZERO_ADDRESS)
    assert opened.pool.lastPrice() == 105 * WAD
    assert opened.pool.lastRebalance() == at
    assert opened.pool.balances() == (1_136_162_401, 863_837_599)


@pytest.mark.parametrize("price", [1, MAX_PRICE])
def test_rebalance__price_at_the_edge_of_the_range__is_taken(opened, keeper, price):
    opened.next_epoch(keeper, price)
    assert opened.pool.lastPrice() == price
    # (100e18 / (2**96 - 1))**3 of 1,000 USDC is a third of a unit of 10**-12: one unit stays with the loser
    up = price == MAX_PRICE
    assert opened.pool.balances() == ((1_999_999_999, 1) if up else (1, 1_999_999_999))


def test_rebalance__empty_pool__records_price_and_time(market, keeper):
    market.next_epoch(keeper, 50 * WAD)
    assert (market.pool.lastPrice(), market.pool.epoch(), market.pool.balances()) == (50 * WAD, 2, (0, 0))


def test_rebalance__epoch_of_both_live_ones__executes_only_the_current_batches(opened, alice, keeper):
    assert opened.commit(alice, CommitType.LONG_BURN, TOKEN) == 2
    opened.world.move_to(OPENS - 300)
    assert opened.commit(alice, CommitType.LONG_BURN, 2 * TOKEN) == 3
    opened.next_epoch(keeper)
    assert opened.pool.batch(2, 1) == (TOKEN, USDC)
    assert opened.pool.batch(3, 1) == (2 * TOKEN, 0)
    opened.next_epoch(keeper)
    assert opened.pool.batch(2, 1) == (TOKEN, USDC)
    assert opened.pool.batch(3, 1) == (2 * TOKEN, 2 * USDC)
