"""The feed dies for good: 14 days later the pool closes, and all leave with what is theirs as of the last good price."""

import pytest

from perpetual_pools.model import CommitType, Refused
from perpetual_pools.twin.pool import HOUR, WAD
from tests.support.orders import TOKEN, cash, tokens
from tests.support.world import STAKE, USDC

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, _, SHORT_TO_LONG = CommitType
PERCENT = WAD // 100
DAY = 86_400
DEAD = 2_000_008_800
"""The first rebalance without a price, of epoch 3."""


@pytest.mark.anvil
@pytest.mark.finding("G04")
@pytest.mark.finding("C08")
@pytest.mark.finding("M08")
def test_wind_down__feed_dies_with_two_epochs_open__everybody_gets_out_and_one_unit_stays(
    deploy_market, alice, bob, carol, dave, keeper, fee_recipient
):
    market = deploy_market(management_fee=2 * PERCENT, mint_fee=PERCENT, burn_fee=PERCENT, keeper_reward_max=USDC)
    everybody = alice, bob, carol, dave

    # 1 % of 2,000 USDC are fees: 990 USDC and 990 tokens a side.
    market.commit(carol, LONG_MINT, 300 * USDC)
    market.open_with(alice, 700 * USDC, bob, 1_000 * USDC, keeper)
    market.claim(carol)
    assert [tokens(market, trader) for trader in (alice, carol, bob)] == [
        (693 * TOKEN, 0),
        (297 * TOKEN, 0),
        (0, 990 * TOKEN),
    ]

    # 2 % a year for an hour: 2,260 units a side. Of the rest short keeps (100/105)**3, 855.197271; long has 1,124.798209.
    # 190 of 990 L-tokens are burned for 215.870363, 1 % less: 213.711660 come out. Nobody claims yet.
    market.commit(alice, LONG_BURN, 93 * TOKEN)
    market.commit(carol, LONG_BURN, 97 * TOKEN)
    market.next_epoch(keeper, 105 * WAD)
    assert market.pool.balances() == (1_124_798_209 - 215_870_363, 855_197_271)
    fees = 20 * USDC + 2 * 2_260 + 2_158_703
    assert market.pool.protocolFees() == fees

    # Commitments of both live epochs.
    assert market.commit(alice, LONG_BURN, 90 * TOKEN) == 3
    assert market.commit(carol, LONG_MINT, 100 * USDC) == 3
    market.world.move_to(DEAD - 300)
    assert market.commit(dave, SHORT_MINT, 50 * USDC) == 4
    assert market.commit(bob, SHORT_TO_LONG, 99 * TOKEN) == 4

    # The feed dies. Keepers try in vain, unpaid; nobody can close the pool before its day.
    market.set_oracle_failing(True)
    for days in (0, 1, 13):
        market.world.move_to(DEAD + days * DAY)
        with pytest.raises(Refused, match="OracleReverting"):
            market.rebalance(keeper, recipient=keeper)
        with pytest.raises(Refused, match="ShutdownTooEarly"):
            market.shutdown(keeper)
        with pytest.raises(Refused, match="PoolIsOpen"):
            market.redeem(alice, TOKEN, 0)
    assert cash(market, keeper) == 0
    market.world.move_to(DEAD + 14 * DAY - 1)
    with pytest.raises(Refused, match="ShutdownTooEarly"):
        market.shutdown(dave)
    market.world.move_to(DEAD + 14 * DAY)
    market.shutdown(dave)
    assert market.pool.isShutdown() is True
    # Two weeks without a price cost nobody anything.
    assert market.pool.balances() == (908_927_846, 855_197_271)
    assert market.pool.protocolFees() == fees

    # It stays closed, even when the feed comes back at twice the price.
    market.set_oracle_failing(False)
    market.set_price(210 * WAD)
    market.world.advance(HOUR)
    for action in (
        lambda: market.rebalance(keeper, recipient=keeper),
        lambda: market.commit(carol, LONG_MINT, USDC),
        lambda: market.commit(alice, LONG_BURN, TOKEN),
        lambda: market.shutdown(keeper),
    ):
        with pytest.raises(Refused, match="PoolIsShutdown"):
            action()

    # What has not executed comes back whole; what has executed is paid: 93/190 and 97/190 of 213.711660.
    assert market.claim(alice) == (104_606_233, 90 * TOKEN, 0)
    assert market.claim(carol) == (109_105_426 + 100 * USDC, 0, 0)
    assert market.claim(dave) == (50 * USDC, 0, 0)
    assert market.claim(bob) == (0, 0, 99 * TOKEN)
    assert cash(market, dave) == STAKE

    # Holders redeem in any order, each part rounded down; the last one gets what is left. Half of 908.927846, and so on.
    assert market.redeem(alice, 400 * TOKEN, 0) == 454_463_923
    assert market.redeem(bob, 0, 300 * TOKEN, dave) == 259_150_688
    assert market.redeem(carol, 200 * TOKEN, 0) == 227_231_961
    assert market.redeem(alice, 200 * TOKEN, 0) == 227_231_962
    assert market.redeem(bob, 0, 690 * TOKEN) == 855_197_271 - 259_150_688
    assert market.pool.balances() == market.pool.supplies() == (0, 0)
    assert cash(market, dave) == STAKE + 259_150_688

    assert market.collect_fees(keeper) == fees
    assert cash(market, fee_recipient) == fees
    # 1 unit: what the two claims of the burns' batch were rounded down by.
    assert cash(market, market.pool) == 213_711_660 - 104_606_233 - 109_105_426 == 1
    assert sum(cash(market, trader) - STAKE for trader in everybody) == -fees - 1
