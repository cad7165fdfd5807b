"""A pool that has opened, and what is done to its contract alone: there the model does not follow."""

from typing import Any

import pytest
from ape.api import AccountAPI

from perpetual_pools.twin.pool import Twin
from tests.support.pool import LONG, SHORT
from tests.support.world import ALICE, KEEPER, fast_market


@pytest.fixture
def opened(market: Twin, alice: AccountAPI, keeper: AccountAPI) -> Twin:
    """`market` in epoch 2: alice alone holds 1,000 L-tokens and 1,000 S-tokens, worth 1 USDC each."""
    market.open_with(alice, LONG, alice, SHORT, keeper)
    return market


@pytest.fixture
def fast_opened(project: Any) -> Twin:
    """The same in the test's own EVM: for views and for many steps."""
    market = fast_market(project)
    market.open_with(ALICE, LONG, ALICE, SHORT, KEEPER)
    return market
