"""The twins notice where the chain and the model differ, and say so with both values."""

from typing import Any

import pytest

from perpetual_pools.model import CommitType, Market
from perpetual_pools.twin.comparison import Difference
from perpetual_pools.twin.farm import FarmTwin
from perpetual_pools.twin.pool import Twin
from tests.support.farm import farm_twin
from tests.support.world import ALICE, BOB, CAROL, OWNER, USDC, new_market, opened_market

SIDE = 1_000 * USDC


@pytest.fixture
def pool(project: Any) -> Twin:
    return opened_market(project, SIDE, SIDE)


@pytest.fixture
def farm(project: Any) -> FarmTwin:
    return farm_twin(project)


def message_of(action: Any, *arguments: Any) -> str:
    with pytest.raises(Difference) as found:
        action(*arguments)
    return str(found.value)


def test_pool_twin__values_differ__each_is_named_with_both(pool: Twin) -> None:
    pool.model.protocol_fees += 1
    pool.model.mint_paused = True
    assert message_of(pool.compare) == (
        "3-BTC/USDC protocolFees: the chain says 0, the model says 1; "
        "3-BTC/USDC mintPaused: the chain says False, the model says True"
    )


def test_pool_twin__token_balance_and_operator_differ__account_is_named(pool: Twin) -> None:
    pool.model.long_token.transfer(ALICE, BOB, 1)
    pool.model.set_operator(BOB, CAROL, True)
    held = pool.model.long_token.balance_of(ALICE)
    said = message_of(pool.compare)
    assert f"3-BTC/USDC L-tokens of {ALICE}: the chain says {held + 1}, the model says {held}; " in said
    assert said.endswith(f"3-BTC/USDC {BOB} made {CAROL} an operator: the chain says False, the model says True")


def test_pool_twin__negative_rate_differs__both_are_signed(pool: Twin) -> None:
    pool.commit(ALICE, CommitType.LONG_MINT, SIDE)
    pool.next_epoch(OWNER)
    pool.model.rebalancing_rates = lambda: (-1, 10**18)  # type: ignore[method-assign]
    assert message_of(pool.compare) == (
        f"3-BTC/USDC long rebalancing rate: the chain says -{5 * 10**17}, the model says -1"
    )


def test_pool_twin__chain_refuses_what_the_model_allows__error_is_named(pool: Twin) -> None:
    pool.chain.send(pool.pool, "setMintPaused", [True], OWNER)
    assert message_of(pool.commit, ALICE, CommitType.LONG_MINT, SIDE) == (
        "commit: the chain refuses what the model allows: MintIsPaused()"
    )


def test_pool_twin__model_refuses_what_the_chain_does__error_is_named(pool: Twin) -> None:
    pool.model.mint_paused = True
    assert message_of(pool.commit, ALICE, CommitType.LONG_MINT, SIDE) == (
        "commit: the model refuses what the chain did: MintIsPaused()"
    )


def test_pool_twin__refusals_differ__both_are_named(pool: Twin) -> None:
    pool.model.next_rebalance += 3_600
    opens_at = pool.model.next_rebalance
    assert message_of(pool.rebalance, ALICE) == (
        f"rebalance: the chain refuses with RebalanceNotDue({opens_at - 3_600},), "
        f"the model with RebalanceNotDue(opensAt={opens_at})"
    )


def test_pool_twin__returned_values_or_events_differ__both_are_told(pool: Twin) -> None:
    commit = pool.model.commit
    pool.model.commit = lambda *arguments: commit(*arguments) + 1  # type: ignore[method-assign]
    assert message_of(pool.commit, ALICE, CommitType.LONG_MINT, SIDE) == (
        f"commit returned {pool.model.epoch} on the chain, and {pool.model.epoch + 1} in the model"
    )
    pool.model.commit = lambda *arguments: (commit(*arguments), pool.model.events.pop())[0]  # type: ignore[method-assign]
    said = message_of(pool.commit, ALICE, CommitType.LONG_MINT, SIDE)
    assert said.startswith("the chain emitted [('Committed', {")
    assert said.endswith("})], the model []")


def test_pool_twin__more_money_than_rounding_leaves_on_both__p1_is_named(pool: Twin) -> None:
    pool.chain.send(pool.world.token, "mint", [pool.model.address, 1_000], OWNER)
    pool.world.ledger.mint(pool.model.address, 1_000)
    assert message_of(pool.compare) == f"P1: holds {2 * SIDE + 1_000}, owes {2 * SIDE} only"
    found = {answer.what: answer.found for answer in pool.answers()}
    assert pool.solvency(found) == (2 * SIDE + 1_000, 2 * SIDE)


def test_pool_twin__solvency__counts_sides_fees_mints_and_claims_of_the_chain_alone(project: Any) -> None:
    pool = new_market(project, mint_fee=10**16)
    pool.commit(ALICE, CommitType.LONG_MINT, SIDE)
    pool.commit(BOB, CommitType.SHORT_MINT, SIDE)
    answers = pool.answers()
    pool.model.protocol_fees += 5
    assert [answer for answer in answers if answer.differs] == []
    assert pool.solvency({answer.what: answer.found for answer in answers}) == (2 * SIDE, 2 * SIDE)
    pool.model.protocol_fees -= 5
    pool.next_epoch(OWNER)
    pool.claim(ALICE)
    pool.commit(ALICE, CommitType.LONG_BURN, 100 * 10**18)
    pool.next_epoch(OWNER)
    held, owed = pool.solvency({answer.what: answer.found for answer in pool.answers()})
    assert held == 2 * SIDE
    assert owed == pool.model.owed()
    assert pool.model.claimable(ALICE)[0] > 0


def test_farm_twin__stake_differs__account_and_token_are_named(farm: FarmTwin) -> None:
    token = farm.new_farm(Market.PRIMARY)
    account = farm.accounts[2]
    farm.stake(account, token, 5)
    farm.names[token.address] = "LP"
    farm.model.stake(farm.now, account, token.address, 1)
    assert message_of(farm.compare) == (
        "LP staked: the chain says 5, the model says 6; "
        f"LP of {farm.model.address}: the chain says 5, the model says 6; "
        f"LP of {account}: the chain says {10**30 - 5}, the model says {10**30 - 6}; "
        f"LP staked by {account}: the chain says 5, the model says 6"
    )
