"""What the keeper contract is given, what it tells, and contracts that do it harm. In an EVM of the test's own process."""

from dataclasses import asdict
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import Twin, World
from tests.support.revm import SENDER, Instance, RevmChain
from tests.support.world import ALICE, BOB, KEEPER, OWNER

USDC = 10**6
TOKEN = 10**18
WAD = 10**18
HOUR = 3_600
OPENS = 2_000_005_200
"""When the markets rebalance next."""
REWARD = 50_000
"""Settlement units that each of them pays for that, at once."""
ZERO = "0x" + "00" * 20
NOBODY = "0x" + "de" * 20
"""Has no code."""
GRIEFING_MODES = {"burns all gas": 0, "returns a megabyte": 1, "reverts with a megabyte": 2, "reverts with nothing": 3}
POOL_GAS = 2_000_000
CLAIM_GAS = 1_000_000
VIEW_GAS = 1_000_000
"""What the keeper gives at most to a rebalance, to a claim, to a view."""
LARGE = 0xC0000
"""Bytes: three quarters of a megabyte, which POOL_GAS suffices to return once."""
HALF = 0x80000
"""Bytes: half a megabyte, which CLAIM_GAS and VIEW_GAS suffice to return once."""


def pools_of(markets: list[Twin]) -> list[str]:
    return [market.pool.address for market in markets]


def performance(pools: list[str], hints: list[int], recipient: str) -> bytes:
    """What `performUpkeep` takes."""
    return encode(["address[]", "uint80[]", "address"], [pools, hints, recipient])


def open_together(markets: list[Twin]) -> None:
    for market in markets:
        market.commit(ALICE, CommitType.LONG_MINT, 1_000 * USDC)
        market.commit(BOB, CommitType.SHORT_MINT, 1_000 * USDC)
    markets[0].move_to_rebalance()
    for market in markets:
        market.rebalance(KEEPER)
        market.claim(ALICE)
        market.claim(BOB)
        assert market.model.next_rebalance == OPENS


def follow(world: World, markets: list[Twin], recipient: str = ZERO, hint: int = 0) -> None:
    """Each of these markets has been rebalanced: does the same in the model and compares everything."""
    for market in markets:
        market.model.rebalance(world.now, hint, recipient)
    for market in world.twins:
        market.compare()


def events_of(world: World, contract: Instance) -> list[tuple[str, dict[str, Any]]]:
    """What it emitted in the last call."""
    assert isinstance(world.chain, RevmChain)
    return world.chain.revm.events(contract)


def failed(pool: Any, reason: bytes) -> tuple[str, dict[str, Any]]:
    """The event that says so."""
    return "UpkeepFailed", {"pool": pool if isinstance(pool, str) else pool.address, "reason": reason}


def reason(error: str, *arguments: Any) -> bytes:
    """What a contract reverts with: `reason("RebalanceNotDue(uint256)", 5)`."""
    kinds = error[error.index("(") + 1 : -1]
    return keccak(text=error)[:4] + encode(kinds.split(",") if kinds else [], arguments)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def griefer(world: World, mode: int) -> Instance:
    contract: Instance = world.chain.deploy("GriefingPool", mode)
    return contract


def impostor(world: World, mode: int, **views: int) -> Instance:
    """A griefing contract that answers these views properly."""
    contract = griefer(world, mode)
    for name, answer in views.items():
        contract.setAnswer(selector(f"{name}()"), word(answer))
    return contract


def pool_on(world: World, oracle: Instance) -> str:
    """The address of a pool without a twin, on an oracle that has a price at deployment."""
    params = world.params(oracle)
    return str(world.contracts.factory.deployPool(tuple(asdict(params).values()), sender=OWNER))


def returner(world: World, length: int, reverting: bool) -> str:
    """The address of a contract that returns, or reverts with, `length` zero bytes whatever it is asked."""
    # PUSH3 length, PUSH0, RETURN or REVERT; before it the code that deploys it: CODECOPY and RETURN of these 6 bytes.
    runtime = b"\x62" + length.to_bytes(3, "big") + b"\x5f" + (b"\xfd" if reverting else b"\xf3")
    assert isinstance(world.chain, RevmChain)
    evm = world.chain.revm.evm
    return str(evm.deploy(SENDER, b"\x60\x06\x80\x60\x09\x5f\x39\x5f\xf3" + runtime)).lower()


def gas_used(world: World) -> int:
    """By the last call."""
    assert isinstance(world.chain, RevmChain)
    result = world.chain.revm.evm.result
    assert result is not None
    return int(result.gas_used)
