"""What docs/architecture.md says in computed numbers, and in constants of the contracts."""

import re
from collections.abc import Iterator

from perpetual_pools.model.constants import SHUTDOWN_DELAY, WAD
from tests.docs import claims
from tests.docs.setting import loss
from tests.docs.text import DOCS, usdc

CONTRACTS = DOCS.parent / "contracts"


def constant(path: str, name: str) -> int:
    """Of a source below contracts/."""
    (digits,) = re.findall(rf"constant {name} = ([\d_]+);", (CONTRACTS / path).read_text())
    return int(digits)


@claims.of("architecture.md")
def edges() -> Iterator[str]:
    assert min(loss(100, 110, 10), loss(100, 90, 10)) > 0.6
    yield "at 10, a move of 10 % costs the loser more than 60 %"
    yield "at a high value, the cap of 0.01 % per hour applies"
    assert 10 * (WAD // 10) == WAD
    yield "at 10 % the fee uses up an idle pool in ten years"


@claims.of("architecture.md")
def gas_and_rounds() -> Iterator[str]:
    yield f"loop every pool, at most {constant('PoolKeeper.sol', 'POOL_GAS'):,} gas each"
    yield f"findRound(t*), with at most {constant('LeveragedPool.sol', 'FIND_ROUND_GAS'):,} gas"
    yield f"rebalance(hint, nobody), with {constant('LeveragedPool.sol', 'REBALANCE_GAS'):,} gas"
    look_back = constant("oracles/ChainlinkOracleWrapper.sol", "LOOK_BACK")
    yield f"loop at most {look_back} rounds back"
    yield f"the right round is not among the {look_back + 1} latest;"
    yield f"shutdown(), from {SHUTDOWN_DELAY // 86_400} days after nextRebalance"


@claims.of("architecture.md")
def fees_that_fit() -> Iterator[str]:
    assert "uint256 constant FEES_LIMIT = 1 << 34;" in (CONTRACTS / "libraries" / "PoolState.sol").read_text()
    yield f"each time the fees have reached {usdc(1 << 34)} USDC."


@claims.of("glossary.md")
def settlement_unit() -> Iterator[str]:
    yield f"| settlement unit | the smallest unit of the settlement token, {usdc(1)} USDC |"
