"""Events alone rebuild a pool's state: after every transaction of random lives, and from the logs that a node keeps."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, ClassVar

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from perpetual_pools.model import CommitType, Refused
from perpetual_pools.twin.artifacts import Artifacts
from perpetual_pools.twin.chain import Chain, Events, Sent, address_of
from perpetual_pools.twin.pool import HOUR, WAD
from tests.flows.rebuilt import Rebuilt, require_equal
from tests.property.pool.life import PEOPLE, Life
from tests.property.pool.tally import PoolTally
from tests.property.run import SETTINGS
from tests.support.orders import TOKEN, trade
from tests.support.world import ALICE, KEEPER, USDC, new_market

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, LONG_TO_SHORT, SHORT_TO_LONG = CommitType
ALL_EVENTS = {
    "BatchExecuted",
    "Claimed",
    "Committed",
    "FeesCollected",
    "MintPausedSet",
    "OperatorSet",
    "Opened",
    "Rebalanced",
    "Redeemed",
    "Shutdown",
}


class Listening:
    """A chain that hands on what the pool emitted in each transaction."""

    def __init__(self, chain: Chain, pool: Any, listener: Callable[[Events], None]) -> None:
        self._chain, self._pool, self._listener = chain, pool, listener

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: Any, *others: Any) -> Sent:
        sent = self._chain.send(contract, method, arguments, sender, *others)
        if self._pool in (contract, *others):
            # That one is the keeper contract's.
            self._listener([event for event in sent.events if event[0] != "ClaimFailed"])
        return sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)


class WatchedLife(Life):
    """Compares after each of its actions what events alone say with what the contract's views say."""

    tally = PoolTally()
    seen: ClassVar[set[str]] = set()
    rebuilt: Rebuilt

    def do(self, name: str, text: str, action: Callable[[], object]) -> Refused | None:
        if not hasattr(self, "rebuilt"):
            self.rebuilt = Rebuilt()
            (opened,) = self.twin.model.events
            self.rebuilt.follow([(opened.name, opened.arguments)])
            self.twin.chain = Listening(self.twin.chain, self.twin.pool, self.rebuilt.follow)
        refused = super().do(name, text, action)
        require_equal(self.rebuilt, self.twin.pool, PEOPLE)
        return refused

    def teardown(self) -> None:
        super().teardown()
        if not self.sound:
            return
        assert self.rebuilt.is_shutdown
        # The past does not change either.
        for (epoch, kind), amounts in self.rebuilt.batches.items():
            assert list(self.twin.pool.batch(epoch, int(kind))) == amounts
        assert not self.rebuilt.commitments
        self.seen.update(self.rebuilt.seen)


@pytest.mark.finding("G05")
def test_events__random_lives__alone_rebuild_what_every_view_says_after_every_transaction(project):
    WatchedLife.artifacts = Artifacts(project.path)
    run_state_machine_as_test(seed(1)(WatchedLife), settings=settings(SETTINGS, max_examples=4))
    assert WatchedLife.seen == ALL_EVENTS
    assert WatchedLife.tally.steps > 200


def logs_by_transaction(pool: Any) -> list[Events]:
    """All that the node has kept of the pool, oldest first."""
    import ape

    provider = ape.chain.provider
    logs = provider.web3.eth.get_logs({"address": pool.address, "fromBlock": 0, "toBlock": "latest"})
    events = provider.network.ecosystem.decode_logs([dict(log) for log in logs], *pool.contract_type.events)
    return [
        [(log.event_name, dict(log.event_arguments)) for log in transaction]
        for _, transaction in groupby(events, lambda log: log.transaction_hash)
    ]


@pytest.mark.anvil(only=True)
@pytest.mark.finding("G05")
def test_events__logs_of_a_node__rebuild_a_pool_from_its_deployment_to_its_end(
    deploy_market, owner, alice, bob, carol, dave, keeper, traders
):
    market = deploy_market(mint_fee=WAD // 100, burn_fee=WAD // 100, keeper_reward_max=USDC)
    accounts = [address_of(trader) for trader in traders]

    def rebuild():
        rebuilt = Rebuilt()
        for transaction in logs_by_transaction(market.pool):
            rebuilt.follow(transaction)
        require_equal(rebuilt, market.pool, accounts)
        return rebuilt

    assert rebuild().seen == {"Opened"}
    market.open_with(alice, 1_000 * USDC, bob, 1_000 * USDC, keeper)
    rebuilt = rebuild()
    assert (rebuilt.balances, rebuilt.fees) == ([990 * USDC] * 2, 20 * USDC)

    # Two controllers in one batch, an operator, both flips, the window; carol claims nothing for a while.
    market.set_operator(carol, dave)
    market.commit(dave, LONG_MINT, 70 * USDC, carol)
    market.commit(carol, LONG_MINT, 30 * USDC)
    market.commit(alice, LONG_TO_SHORT, 50 * TOKEN)
    market.commit(bob, SHORT_TO_LONG, 20 * TOKEN)
    market.world.move_to(market.model.next_rebalance - 60)
    market.commit(carol, LONG_MINT, 11 * USDC)
    market.set_price(105 * WAD)
    market.move_to_rebalance(late=300)
    market.rebalance(keeper, recipient=keeper)
    rebuild()
    market.collect_fees(dave)
    trade(market, keeper, (alice, LONG_BURN, 90 * TOKEN), (bob, SHORT_BURN, 90 * TOKEN))
    # Of the two commitments that carol has not claimed, this one needs the slot of the older.
    market.commit(carol, LONG_MINT, 5 * USDC)
    rebuilt = rebuild()
    assert rebuilt.commitments[carol.address, LONG_MINT, 3] == 11 * USDC
    assert rebuilt.commitments[carol.address, LONG_MINT, 4] == 5 * USDC
    assert (carol.address, LONG_MINT, 2) not in rebuilt.commitments
    market.claim(carol)
    market.set_mint_paused(owner, True)
    rebuild()

    market.set_oracle_failing(True)
    market.move_to_rebalance(late=14 * 24 * HOUR)
    market.shutdown(dave)
    market.claim(carol)
    market.redeem(alice, 100 * TOKEN, 10 * TOKEN, bob)
    rebuilt = rebuild()
    assert rebuilt.is_shutdown and rebuilt.mint_paused
    assert rebuilt.seen == ALL_EVENTS


@pytest.mark.parametrize("displacing", [True, False])
def test_events__commitment_and_claim_in_one_transaction__are_told_apart(project, displacing):
    """As of an account that is a contract. A commitment into a free place pays nothing; one into a taken place pays that."""
    market = new_market(project)
    for kind in (LONG_MINT, SHORT_MINT):
        market.commit(ALICE, kind, 100 * USDC)
    market.next_epoch(KEEPER)
    if displacing:
        market.next_epoch(KEEPER)
    seen = len(market.model.events)
    market.commit(ALICE, LONG_MINT, USDC)
    market.claim(ALICE)

    rebuilt, events = Rebuilt(), [(event.name, event.arguments) for event in market.model.events]
    for event in events[:seen]:
        rebuilt.follow([event])
    rebuilt.follow(events[seen:])
    names = ["Committed", "Claimed", "Claimed"] if displacing else ["Committed", "Claimed"]
    assert [name for name, _ in events[seen:]] == names
    require_equal(rebuilt, market.pool, [ALICE])
