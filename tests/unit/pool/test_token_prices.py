"""`tokenPrices`, `balances` and `supplies`. Specification, section 8."""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import HOUR, WAD
from tests.support.world import ALICE, CAROL, KEEPER, USDC, new_market, opened_market

SIDE = 1_000 * USDC
TOKEN = 10**18
DUST = 10**12
YEAR = 365 * 86_400


def test_token_prices__worked_example__are_balance_by_supply(market, alice, bob, keeper):
    market.open_with(alice, SIDE, bob, SIDE, keeper)
    assert market.pool.tokenPrices() == (WAD, WAD)
    market.next_epoch(keeper, 105 * WAD)
    assert market.pool.tokenPrices() == (1_136_162_401_000_000_000, 863_837_599_000_000_000)
    assert market.pool.balances() == (1_136_162_401, 863_837_599)
    assert market.pool.supplies() == (1_000 * TOKEN, 1_000 * TOKEN)


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_token_prices__any_settlement_decimals__are_whole_tokens_per_whole_token(project, decimals):
    whole = 10**decimals
    market = opened_market(project, 1_000 * whole, 1_000 * whole, decimals)
    market.next_epoch(KEEPER, 200 * WAD)
    # short keeps an eighth
    assert market.pool.tokenPrices() == (WAD * 15 // 8, WAD // 8)


def test_token_prices__empty_pool__are_1(project):
    market = new_market(project)
    assert (market.pool.tokenPrices(), market.pool.balances(), market.pool.supplies()) == ((WAD, WAD), (0, 0), (0, 0))


@pytest.mark.parametrize(
    ("left", "balance", "price"),
    # DUST is worth 1.13 units: burns are rounded down, so 2 stay with who holds it
    [(DUST, 2, 2 * WAD), (DUST - 1, 0, WAD), (1, 0, WAD), (0, 0, WAD)],
)
def test_token_prices__supply_below_dust__is_1(project, left, balance, price):
    market = opened_market(project, SIDE, SIDE)
    market.next_epoch(KEEPER, 105 * WAD)
    market.commit(ALICE, CommitType.LONG_BURN, 1_000 * TOKEN - left)
    market.next_epoch(KEEPER)
    assert market.pool.supplies() == (left, 1_000 * TOKEN)
    assert market.pool.balances() == (balance, 863_837_599)
    assert market.pool.tokenPrices() == (price, 863_837_599_000_000_000)


def test_token_prices__side_without_value__is_0(project):
    market = opened_market(project, SIDE, SIDE, management_fee=WAD // 10)
    market.move_to_rebalance(late=10 * YEAR - HOUR)
    market.rebalance(KEEPER)
    assert market.pool.supplies() == (1_000 * TOKEN, 1_000 * TOKEN)
    assert market.pool.tokenPrices() == (0, 0)


def test_token_prices__quotient__is_rounded_down(project):
    # 2 units for 3 units' tokens: two thirds
    market = opened_market(project, 3, SIDE, management_fee=WAD // 10)
    market.move_to_rebalance(late=4 * YEAR - HOUR)
    market.rebalance(KEEPER)
    assert market.pool.balances()[0] == 2
    assert market.pool.tokenPrices()[0] == 666_666_666_666_666_666


def test_token_prices__of_supplies__equal_the_tokens_and_count_what_waits_to_burn(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, CommitType.LONG_BURN, 400 * TOKEN)
    market.commit(CAROL, CommitType.SHORT_MINT, 400 * USDC)
    assert market.pool.supplies() == (1_000 * TOKEN, 1_000 * TOKEN), "P5"
    assert market.long_token.totalSupply() == 1_000 * TOKEN
    market.next_epoch(KEEPER)
    assert market.pool.supplies() == (600 * TOKEN, 1_400 * TOKEN), "P5"
    assert (market.long_token.totalSupply(), market.short_token.totalSupply()) == (600 * TOKEN, 1_400 * TOKEN)
    assert market.pool.balances() == (600 * USDC, 1_400 * USDC)
