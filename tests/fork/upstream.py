"""Arbitrum One where there is no internet: a local chain of its id, with what the system needs at the real addresses.

The feeds are Chainlink's own proxies over aggregators that answer given rounds; the tokens are plain ones; the AMM is
Uniswap's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ape
from ape.contracts import ContractContainer
from ethpm_types import ContractType

from perpetual_pools.chain import amm
from perpetual_pools.chain.contracts import deploy_feed, deploy_settlement_token, instance
from perpetual_pools.model import ZERO_ADDRESS
from tests.support.anvil import anvil, connected

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
        with connected(url) as provider:
            for address, feed in FEEDS.items():
                _put_feed(provider, proxy_type, address, *feed)
            for address, token in TOKENS.items():
                _put_token(provider, address, *token)
            _put_amm(provider)
        yield url


@contextmanager
def local_sepolia(proxy_type: ContractType) -> Iterator[str]:
    """Arbitrum Sepolia likewise, with Chainlink's feeds alone. Blocks come at their own pace, and confirm those before."""
    with anvil("--chain-id", str(SEPOLIA_CHAIN_ID)) as seeded:
        with connected(seeded) as provider:
            for address, description in ((SEPOLIA_BTC_USD, "BTC / USD"), (SEPOLIA_ETH_USD, "ETH / USD")):
                _put_feed(provider, proxy_type, address, description, 8, PRICES[description], 60)
        with anvil("--fork-url", seeded, "--block-time", "0.3") as url:  # Ape could put nothing on it
            yield url


def _put_feed(
    provider: Any, proxy_type: ContractType, address: str, description: str, decimals: int, answer: int, age: int
) -> None:
    deployer = ape.accounts.test_accounts[0]
    aggregator = deploy_feed(deployer, decimals, description)
    since = ape.chain.blocks.head.timestamp - age
    aggregator.pushRound(1, answer, since, since, sender=deployer)
    container = ContractContainer(proxy_type)
    template = deployer.deploy(container, aggregator, ZERO_ADDRESS)
    provider.set_code(address, provider.get_code(template.address))
    provider.set_storage(address, 0, bytes.fromhex(deployer.address[2:]).rjust(32, b"\0"))  # slot 0: the owner
    proxy = container.at(address)
    proxy.proposeAggregator(aggregator, sender=deployer)
    proxy.confirmAggregator(aggregator, sender=deployer)


def _put_token(provider: Any, address: str, name: str, symbol: str, decimals: int) -> None:
    deployer = ape.accounts.test_accounts[0]
    template = deploy_settlement_token(deployer, name, symbol, decimals)
    provider.set_code(address, provider.get_code(template.address))
    for slot in (0, 1):  # name and symbol
        provider.set_storage(address, slot, provider.get_storage(template.address, slot))
    instance("MockERC20", address).mint(deployer, SUPPLY * 10**decimals, sender=deployer)


def _put_amm(provider: Any) -> None:
    """The factory takes no fee for Uniswap, as a new one."""
    deployer = ape.accounts.test_accounts[0]
    for address, artifact, arguments in (
        (WETH, amm.WETH, ()),
        (AMM_FACTORY, amm.FACTORY, (deployer,)),
        (AMM_ROUTER, amm.ROUTER, (AMM_FACTORY, WETH)),
    ):
        template = deployer.deploy(amm.container(artifact), *arguments)
        provider.set_code(address, provider.get_code(template.address))
    amm.at(AMM_FACTORY, AMM_ROUTER)  # raises unless they fit
