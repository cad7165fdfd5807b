"""Balancer V2 from the code that it publishes, with a pool of two tokens in equal parts: its pool token is one to stake."""

from pathlib import Path
from typing import Any

from eth_abi import encode

from perpetual_pools.chain import amm
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.twin.chain import Chain, address_of

TASKS = "@balancer-labs/v2-deployments/dist/tasks"
AUTHORIZER = f"{TASKS}/20210418-authorizer/artifact/Authorizer.json"
VAULT = f"{TASKS}/20210418-vault/artifact/Vault.json"
FEES = f"{TASKS}/20220725-protocol-fee-percentages-provider/artifact/ProtocolFeePercentagesProvider.json"
POOL_FACTORY = f"{TASKS}/20230206-weighted-pool-v3/artifact/WeightedPoolFactory.json"
POOL = f"{TASKS}/20230206-weighted-pool-v3/artifact/WeightedPool.json"
HALF = 5 * 10**17
SWAP_FEE = 3 * 10**15
FIRST_JOIN = 0


class BalancerPool:
    """A vault, and a weighted pool of two tokens in it. `pool` is the pool and its token."""

    def __init__(self, chain: Chain, root: Path, owner: Any, tokens: list[Any]) -> None:
        self.chain, self._root = chain, root
        self.tokens = sorted(tokens, key=lambda token: int(address_of(token), 16))
        authorizer = self._deploy(AUTHORIZER, address_of(owner))
        self.vault = self._deploy(VAULT, authorizer.address, self._deploy(amm.WETH).address, 0, 0)
        fees = self._deploy(FEES, self.vault.address, HALF, HALF)
        factory = self._deploy(POOL_FACTORY, self.vault.address, fees.address, "", "")
        addresses = [address_of(token) for token in self.tokens]
        arguments = ["Half and half", "BPT", addresses, [HALF, HALF], [ZERO_ADDRESS] * 2, SWAP_FEE, address_of(owner)]
        created = self.chain.send(factory, "create", arguments, owner).events
        ((_, pool),) = [event for event in created if event[0] == "PoolCreated"]
        self.pool = chain.at(amm.contract_type(root, POOL), pool["pool"])

    def join(self, provider: Any, amounts: dict[Any, int]) -> int:
        """The first liquidity: amounts by token. Returns the units of the pool token that the provider gets."""
        ordered = [amounts[token] for token in self.tokens]
        for token, amount in zip(self.tokens, ordered, strict=True):
            self.chain.send(token, "approve", [address_of(self.vault), amount], provider)
        data = encode(["uint256", "uint256[]"], [FIRST_JOIN, ordered])
        request = ([address_of(token) for token in self.tokens], ordered, data, False)
        to = address_of(provider)
        self.chain.send(self.vault, "joinPool", [self.pool.getPoolId(), to, to, request], provider)
        return int(self.pool.balanceOf(provider))

    def _deploy(self, artifact: str, *arguments: Any) -> Any:
        return self.chain.deploy(amm.contract_type(self._root, artifact), *arguments)
