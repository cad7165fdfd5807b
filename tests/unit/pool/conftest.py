"""A pool that has opened."""

from typing import Any

import pytest

from perpetual_pools.twin.pool import Twin
from tests.support.pool import LONG, SHORT


@pytest.fixture
def opened(market: Twin, alice: Any, keeper: Any) -> Twin:
    """`market` in epoch 2: alice alone holds 1,000 L-tokens and 1,000 S-tokens, worth 1 USDC each."""
    market.open_with(alice, LONG, alice, SHORT, keeper)
    return market
