"""What the wrapper costs in a transaction of its own, by its receipt."""

from typing import Any

import pytest
from ape.contracts import ContractContainer

from perpetual_pools.model import Round
from tests.support.oracle import GRACE, MAX_AGE, NOW, PHASE_6, ZERO
from tests.support.rounds import PHASE, generated_rounds, right_round

# Beyond the two reads themselves: dispatch, checks, scaling.
PRICE_AT_OVERHEAD = 1_900
# A feed a thousand times as long needs 20 reads more, of some 12,000 each.
FIND_ROUND_CEILING = 330_000
COLD_ACCOUNT = 2_600


def execution_gas(receipt: Any) -> int:
    """Without the 21,000 and the call data."""
    return receipt.gas_used - 21_000 - sum(16 if byte else 4 for byte in receipt.data)


def test_price_at__latest_round_qualifies__costs_one_read_of_each_feed_and_little_more(project, chain, owner, alice):
    feed = owner.deploy(project.ReplayAggregator, 8, "BTC / USD")
    sequencer = owner.deploy(project.ReplayAggregator, 0, "L2 Sequencer Uptime Status Feed")
    oracle = owner.deploy(project.ChainlinkOracleWrapper, feed, sequencer, MAX_AGE, GRACE)
    sequencer.pushRound(1, 0, NOW - GRACE, NOW - GRACE, sender=owner)
    feed.pushRound(PHASE_6 + 1, 30_000 * 10**8, NOW - 60, NOW - 60, sender=owner)
    feed.pushRound(PHASE_6 + 2, 31_000 * 10**8, NOW, NOW, sender=owner)
    reads = sum(
        COLD_ACCOUNT + execution_gas(source.latestRoundData.transact(sender=alice)) for source in (feed, sequencer)
    )
    for hint in (0, PHASE_6 + 2):
        chain.pending_timestamp = NOW + hint % 2
        used = execution_gas(oracle.priceAt.transact(NOW, hint, sender=alice))
        print(f"\npriceAt, hint {hint}: {used} gas, {reads} of it the two reads")
        assert reads < used <= reads + PRICE_AT_OVERHEAD


@pytest.mark.finding("O06")
def test_find_round__eight_phases_and_2000_rounds_in_one_of_them__stays_below_its_ceiling(
    project, owner, alice, proxy_type
):
    source = iter([r for r in generated_rounds("btc", 2_601) if r.updated_at])
    rounds: list[Round] = []
    proxy = None
    for phase, size in enumerate([100, 100, 100, 100, 100, 100, 2_000, 1], start=1):
        aggregator = owner.deploy(project.ReplayAggregator, 8, "BTC / USD")
        part = [next(source) for _ in range(size)]
        for start in range(0, size, 500):
            chunk = part[start : start + 500]
            times = [r.updated_at for r in chunk]
            ids = list(range(start + 1, start + 1 + len(chunk)))
            aggregator.pushRounds(ids, [r.answer for r in chunk], times, times, sender=owner)
        rounds += [Round(phase * PHASE + n, r.answer, r.started_at, r.updated_at) for n, r in enumerate(part, start=1)]
        if proxy is None:
            proxy = owner.deploy(ContractContainer(proxy_type), aggregator, ZERO)
        else:
            proxy.proposeAggregator(aggregator, sender=owner)
            proxy.confirmAggregator(aggregator, sender=owner)
    oracle = owner.deploy(project.ChainlinkOracleWrapper, proxy, ZERO, MAX_AGE, 0)

    most = 0
    for position in [0, 99, 100, 543, *range(599, 2_601, 400), 2_599, 2_600]:
        timestamp = rounds[position].updated_at
        assert oracle.findRound(timestamp) == right_round(rounds, rounds[-1].round_id, timestamp).round_id
        most = max(most, oracle.findRound.transact(timestamp, sender=alice).gas_used)
    print(f"\nfindRound: at most {most} gas")
    assert most <= FIND_ROUND_CEILING
