"""Arbitrum One where there is no internet: a local chain of its id, with what the system needs at the real addresses.

The feeds are Chainlink's own proxies over aggregators that answer given rounds; the tokens are plain ones; the AMM is
Uniswap's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import ape
from ethpm_types import ContractType

from perpetual_pools.chain import amm
from perpetual_pools.model import ZERO_ADDRESS
from tests.support.anvil import anvil
from tests.support.direct import Contract, LocalChain, Node

CHAIN_ID = 42161
BLOCK_GAS_LIMIT = 2**50
"""Arbitrum's."""

USDC = "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"
BTC_USD = "0x6ce185860a4963106506C203335A2910413708e9"
ETH_USD = "0x639Fe6ab55C921f74e7fac1ee960C0B6293ba612"
TCR = "0xA72159FC390f0E3C6D415e658264c7c4051E9b87"
SEQUENCER = "0xFdB631F5EE196F0ed6FAa767959853A9F217697D"
WETH = "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1"
AMM_FACTORY = "0xf1D7CC64Fb4452F05c498126312eBE29f30Fbcf9"
AMM_ROUTER = "0x4752ba5DBc23f44D87826276BF6Fd6b1C372aD24"

SEPOLIA_CHAIN_ID = 421614
SEPOLIA_BTC_USD = "0x56a43EB56Da12C0dc1D972ACb089c06a5dEF8e69"
SEPOLIA_ETH_USD = "0xd30e2101a97dcbAeBCBC04F14C3f624E67A35165"

HOUR = 3_600
PRICES = {"BTC / USD": 30_000 * 10**8, "ETH / USD": 2_000 * 10**8}
FEEDS = {
    BTC_USD: ("BTC / USD", 8, PRICES["BTC / USD"], 60),
    ETH_USD: ("ETH / USD", 8, PRICES["ETH / USD"], 60),
    SEQUENCER: ("L2 Sequencer Uptime Status Feed", 0, 0, 24 * HOUR),
}
"""Address: description, decimals, answer (of the sequencer's: 0, up), and for how many seconds it has been that."""
TOKENS = {USDC: ("USD Coin", "USDC", 6), TCR: ("Tracer", "TCR", 18)}
SUPPLY = 10**9
"""Whole tokens of each that somebody else holds."""


@contextmanager
def local_arbitrum(proxy_type: ContractType) -> Iterator[str]:
    """Its URL."""
    with anvil("--chain-id", str(CHAIN_ID), "--gas-limit", str(BLOCK_GAS_LIMIT)) as url:
        seeds = _Seeds(url)
        for address, feed in FEEDS.items():
            seeds.put_feed(proxy_type, address, *feed)
        for address, token in TOKENS.items():
            seeds.put_token(address, *token)
        seeds.put_amm()
        seeds.start_clock()
        yield url


@contextmanager
def local_sepolia(proxy_type: ContractType) -> Iterator[str]:
    """Arbitrum Sepolia likewise, with Chainlink's feeds alone. Blocks come at their own pace, and confirm those before."""
    with anvil("--chain-id", str(SEPOLIA_CHAIN_ID)) as seeded:
        seeds = _Seeds(seeded)
        for address, description in ((SEPOLIA_BTC_USD, "BTC / USD"), (SEPOLIA_ETH_USD, "ETH / USD")):
            seeds.put_feed(proxy_type, address, description, 8, PRICES[description], 60)
        seeds.start_clock()
        with anvil("--fork-url", seeded, "--block-time", "0.1") as url:  # nothing could be put on it
            yield url


class _Seeds:
    """Puts contracts at given addresses of the anvil at `url`."""

    def __init__(self, url: str) -> None:
        (self.deployer, *_) = Node(url).request("eth_accounts")
        self.chain = LocalChain(url, ape.project, self.deployer)

    def put_feed(
        self, proxy_type: ContractType, address: str, description: str, decimals: int, answer: int, age: int
    ) -> None:
        aggregator = self.chain.deploy("ReplayAggregator", decimals, description)
        since = self.chain.now - age
        self.chain.transact(aggregator, "pushRound", 1, answer, since, since, sender=self.deployer)
        proxy = self._move(self.chain.deploy(proxy_type, aggregator.address, ZERO_ADDRESS), address)
        self._store(address, 0, self.deployer)  # slot 0: the owner
        for method in ("proposeAggregator", "confirmAggregator"):
            self.chain.transact(proxy, method, aggregator.address, sender=self.deployer)

    def put_token(self, address: str, name: str, symbol: str, decimals: int) -> None:
        template = self.chain.deploy("MockERC20", name, symbol, decimals)
        token = self._move(template, address)
        for slot in (0, 1):  # name and symbol
            word = self.chain.node.request("eth_getStorageAt", template.address, hex(slot), "latest")
            self._store(address, slot, word)
        self.chain.transact(token, "mint", self.deployer, SUPPLY * 10**decimals, sender=self.deployer)

    def put_amm(self) -> None:
        """The factory takes no fee for Uniswap, as a new one."""
        weth, factory, router = (amm.container(file).contract_type for file in (amm.WETH, amm.FACTORY, amm.ROUTER))
        self._move(self.chain.deploy(weth), WETH)
        self._move(self.chain.deploy(factory, self.deployer), AMM_FACTORY)
        deployed = self.chain.deploy(router, AMM_FACTORY, WETH)
        assert self._move(deployed, AMM_ROUTER).factory() == AMM_FACTORY.lower()

    def start_clock(self) -> None:
        """Have later blocks take the time of the machine again. A `LocalChain` stops it."""
        self.chain.node.request("anvil_removeBlockTimestampInterval")

    def _move(self, template: Contract, address: str) -> Contract:
        """Put the code of `template` at `address`. Its storage stays behind."""
        request = self.chain.node.request
        request("anvil_setCode", address, request("eth_getCode", template.address, "latest"))
        return self.chain.at(template.contract_type, address)

    def _store(self, address: str, slot: int, word: str) -> None:
        self.chain.node.request("anvil_setStorageAt", address, hex(slot), "0x" + word[2:].rjust(64, "0"))
