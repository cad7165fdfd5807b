"""The examples of docs/integrating.md run as they stand, with nothing but the files in abi/."""

import re
from typing import Any

import pytest

from tests.docs.text import DOCS, TOKEN, USDC, Page

EXAMPLES = re.findall(r"^```python\n(.*?)^```", Page("integrating.md").source, re.DOTALL | re.MULTILINE)


@pytest.mark.anvil(only=True)
@pytest.mark.parametrize("direct", [True, False], ids=["outside the window", "inside the window"])
def test_examples__in_their_order__mint_and_claim_100_l_tokens(
    market, chain, owner, alice, keeper, monkeypatch, direct
):
    monkeypatch.chdir(DOCS.parent)
    connect, commit, upkeep, claim, stake = EXAMPLES
    names: dict[str, Any] = {
        "w3": chain.provider.web3,
        "pool_address": market.pool.address,
        "keeper_address": market.world.contracts.keeper.address,
        "trader": alice.address,
        "bot": keeper.address,
    }
    usdc = market.world.token.balanceOf(alice)
    exec(connect, names)
    if not direct:
        market.world.move_to(market.pool.nextRebalance() - 300)
    exec(commit, names)
    assert names["epoch"] == (1 if direct else 2)
    exec(upkeep, names)
    assert (names["needed"], market.pool.epoch()) == (False, 1)
    exec(claim, names)
    assert market.long_token.balanceOf(alice) == 0
    for epoch in range(names["epoch"]):
        market.world.move_to(market.pool.nextRebalance())
        exec(upkeep, names)
        assert (names["needed"], market.pool.epoch()) == (True, epoch + 2)
    exec(claim, names)
    assert (names["settlement"], names["long"], names["short"]) == (0, 100 * TOKEN, 0)
    assert market.long_token.balanceOf(alice) == 100 * TOKEN
    assert usdc - market.world.token.balanceOf(alice) == 100 * USDC

    anvil = market.chain
    # The examples' own transactions took their time.
    anvil.move_to(chain.pending_timestamp)
    farm = anvil.deploy("StakingFarm", market.world.token, owner, anvil.now)
    anvil.send(farm, "addFarm", [market.long_token.address, 0, 1], owner)
    names["farm_address"] = farm.address
    exec(stake, names)
    assert farm.stakeOf(alice, market.long_token) == 100 * TOKEN
    assert market.long_token.balanceOf(alice) == 0


def test_examples__are_all_of_the_page():
    assert len(EXAMPLES) == 5
    assert Page("integrating.md").source.count("```") == 2 * len(EXAMPLES)
