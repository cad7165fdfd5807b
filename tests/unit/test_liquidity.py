"""The model of a pair does what Uniswap's published code does, to the unit."""

import random
from typing import Any

import pytest

from perpetual_pools.chain import amm
from perpetual_pools.model import ZERO_ADDRESS, Ledger
from perpetual_pools.model.pair import PairModel
from tests.support.revm import Instance, Revm
from tests.support.world import NOW

ALICE, BOB = PROVIDERS = ["0x" + digits * 20 for digits in ("c1", "c2")]
PLENTY = 10**30
DECIMALS = (18, 6)


class Exchange:
    """A pair of tokens with 18 and 6 decimals, in an EVM of the test's own process and in the model."""

    def __init__(self, project: Any) -> None:
        chain = Revm(NOW)

        def deploy(artifact: str, *arguments: Any) -> Instance:
            return chain.deploy(amm.contract_type(project.path, artifact), *arguments)

        factory = deploy(amm.FACTORY, ALICE)
        self.router = deploy(amm.ROUTER, factory, deploy(amm.WETH))
        mock = project.get_contract("MockERC20")
        self.tokens = [chain.deploy(mock, "Token", "TKN", decimals) for decimals in DECIMALS]
        self.path = [token.address for token in self.tokens]
        pair = factory.createPair(*self.path)
        self.pair = Instance(chain, pair, amm.contract_type(project.path, amm.PAIR))
        ledgers = Ledger(), Ledger()
        self.model = PairModel(ledgers, pair)
        for provider in PROVIDERS:
            for token, ledger in zip(self.tokens, ledgers, strict=True):
                token.mint(provider, PLENTY)
                ledger.mint(provider, PLENTY)
            for token in (*self.tokens, self.pair):
                token.approve(self.router, 2**256 - 1, sender=provider)

    def add(self, provider: str, *amounts: int) -> int:
        _, _, liquidity = self.router.addLiquidity(*self.path, *amounts, 0, 0, provider, NOW, sender=provider)
        return self._same(liquidity, self.model.add_liquidity(provider, (amounts[0], amounts[1])))

    def remove(self, provider: str, liquidity: int) -> tuple[int, int]:
        amounts = self.router.removeLiquidity(*self.path, liquidity, 0, 0, provider, NOW, sender=provider)
        return self._same(amounts, self.model.remove_liquidity(provider, liquidity))

    def swap(self, trader: str, paid: int, amount: int) -> int:
        path = self.path if paid == 0 else self.path[::-1]
        _, bought = self.router.swapExactTokensForTokens(amount, 0, path, trader, NOW, sender=trader)
        return self._same(bought, self.model.swap(trader, paid, amount))

    def _same(self, found: Any, expected: Any) -> Any:
        assert found == expected
        model = self.model
        for account in (*PROVIDERS, self.pair.address, ZERO_ADDRESS):
            held = [token.balanceOf(account) for token in (*self.tokens, self.pair)]
            assert held == [ledger.balance_of(account) for ledger in (*model.ledgers, model.lp_token)]
        assert self.pair.totalSupply() == model.lp_token.total_supply
        by_token = dict(zip(self.path, model.reserves, strict=True))
        assert self.pair.getReserves()[:2] == (by_token[self.pair.token0()], by_token[self.pair.token1()])
        return expected


@pytest.fixture
def exchange(project: Any) -> Exchange:
    return Exchange(project)


def test_add_liquidity__first__root_of_the_product_less_1000_that_are_locked(exchange: Exchange) -> None:
    # (3 * 10**18 * 12 * 10**6)**0.5 = 6 * 10**12
    assert exchange.add(ALICE, 3 * 10**18, 12 * 10**6) == 6 * 10**12 - 1_000
    assert exchange.model.lp_token.balance_of(ZERO_ADDRESS) == 1_000


@pytest.mark.parametrize(
    ("amounts", "taken"), [((10**18, 5 * 10**6), (10**18, 4 * 10**6)), ((2 * 10**18, 4 * 10**6), (10**18, 4 * 10**6))]
)
def test_add_liquidity__more_of_one_token_than_the_proportion__takes_what_fits(
    exchange: Exchange, amounts: tuple[int, int], taken: tuple[int, int]
) -> None:
    exchange.add(ALICE, 3 * 10**18, 12 * 10**6)
    assert exchange.add(BOB, *amounts) == 2 * 10**12
    assert [token.balanceOf(BOB) for token in exchange.tokens] == [PLENTY - amount for amount in taken]


def test_swap__one_percent_of_a_reserve__pays_0_3_percent_to_the_pair(exchange: Exchange) -> None:
    exchange.add(ALICE, 100 * 10**18, 100 * 10**6)
    # 0.997 / 100.997 of 100 tokens
    assert exchange.swap(BOB, 1, 10**6) == 997 * 100 * 10**18 // 100_997 == 987158034397061298
    # Of 10**14 LP token units alice has all but 1,000: 10 parts in 10**12 of either token stay, and what is rounded.
    left = 100 * 10**18 - 987158034397061298, 101 * 10**6
    assert exchange.remove(ALICE, 10**14 - 1_000) == tuple(all_of * (10**14 - 1_000) // 10**14 for all_of in left)


def test_random_actions__of_two_providers__model_and_code_agree_after_each(exchange: Exchange) -> None:
    choose = random.Random(4)
    exchange.add(ALICE, 10**21, 10**9)
    for _ in range(300):
        account = choose.choice(PROVIDERS)
        held = exchange.model.lp_token.balance_of(account)
        match choose.randrange(4):
            case 0:
                exchange.add(account, choose.randrange(10**15, 10**21), choose.randrange(10**4, 10**9))
            case 1 if held > 10**10:
                exchange.remove(account, choose.randrange(10**10, held))
            case _:
                paid = choose.randrange(2)
                exchange.swap(account, paid, choose.randrange(10 ** (DECIMALS[paid] - 3), 10 ** (DECIMALS[paid] + 2)))
    supply = exchange.model.lp_token.total_supply
    assert exchange.model.worth(supply) == exchange.model.reserves
    assert sum(exchange.model.lp_token.balance_of(account) for account in (*PROVIDERS, ZERO_ADDRESS)) == supply
