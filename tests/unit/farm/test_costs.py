"""No cost grows with farms, stakers or the weeks since anything was touched. Specification, section 6."""

from collections.abc import Callable

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.farm import FarmTwin
from tests.support.farm import ALICE, BOB, HOUR, OWNER, TCR, WEEKLY, farm_twin


def crowd(project, farms=2, stakers=2):
    """52 weeks, so many farms in both markets, and in the first of them so many stakers, alice and bob among them."""
    farm = farm_twin(project)
    farm.checks = False
    farm.schedule(OWNER, *[WEEKLY] * 52)
    tokens = [farm.new_farm(number % 2, 10) for number in range(farms)]
    for user in (ALICE, BOB):
        farm.stake(user, tokens[0], 100 * TCR)
    for number in range(2, stakers):
        user = f"0x{number:040x}"
        tokens[0].mint(user, TCR)
        tokens[0].approve(farm.farm, TCR, sender=user)
        farm.farm.stake(tokens[0], TCR, sender=user)
    farm.move_to_week(0, HOUR)
    for user in (ALICE, BOB):
        farm.farm.claim([tokens[0].address], sender=user)
    farm.advance(HOUR)
    return farm, tokens[0].address


Act = Callable[[FarmTwin, str], object]
ACTIONS: dict[str, Act] = {
    "stake": lambda farm, token: farm.farm.stake(token, TCR, sender=ALICE),
    "withdraw": lambda farm, token: farm.farm.withdraw(token, TCR, sender=ALICE),
    "claim": lambda farm, token: farm.farm.claim([token], sender=ALICE),
    "exit": lambda farm, token: farm.farm.exit(token, sender=ALICE),
    "emergencyWithdraw": lambda farm, token: farm.farm.emergencyWithdraw(token, sender=ALICE),
    "earned": lambda farm, token: farm.farm.earned(ALICE, token),
    "undistributed": lambda farm, token: farm.farm.undistributed(),
    "setWeight": lambda farm, token: farm.farm.setWeight(token, 11, sender=OWNER),
    "setAllocation": lambda farm, token: farm.farm.setAllocation(5_000, sender=OWNER),
    "schedule": lambda farm, token: farm.farm.schedule([TCR], sender=OWNER),
}


def gas(farm: FarmTwin, token: str, action: Act) -> int:
    """Of one call, which is undone after it."""
    with farm.chain.aside(farm.now):
        action(farm, token)
        return int(farm.chain.revm.evm.result.gas_used)


def costs(farm: FarmTwin, token: str) -> dict[str, int]:
    return {name: gas(farm, token, action) for name, action in ACTIONS.items()}


@pytest.mark.finding("F14")
def test_costs__of_2_and_of_200_farms__are_the_same(project):
    few, many = crowd(project), crowd(project, farms=200)
    assert many[0].farm.farmCount() == 200
    assert [many[0].farm.totalWeight(market) for market in Market] == [1_000, 1_000]
    found, wanted = costs(*many), costs(*few)
    # Zero bytes of addresses in the calldata cost 12 gas less each.
    assert {name: abs(found[name] - cost) < 100 for name, cost in wanted.items()} == dict.fromkeys(wanted, True)


def test_costs__of_2_and_of_200_stakers__are_the_same(project):
    few, many = crowd(project), crowd(project, stakers=200)
    assert many[0].farm.totalStaked(many[1]) == 398 * TCR
    found, wanted = costs(*many), costs(*few)
    assert {name: abs(found[name] - cost) < 100 for name, cost in wanted.items()} == dict.fromkeys(wanted, True)


@pytest.mark.finding("F14")
def test_costs__after_26_weeks_untouched__are_the_same_within_5_percent(project):
    farm, token = crowd(project)
    before = costs(farm, token)
    farm.advance(26 * 7 * 24 * HOUR)
    after = costs(farm, token)
    assert {name: abs(after[name] - cost) * 20 <= cost for name, cost in before.items()} == dict.fromkeys(before, True)


def test_costs__after_100_changes_of_the_rules__are_the_same_whether_1_or_100(project):
    farm, token = crowd(project)
    found = []
    for changes in (1, 99):
        for number in range(changes):
            farm.advance(1)
            farm.farm.setAllocation(4_000 + number, sender=OWNER)
        found.append(
            {name: gas(farm, token, ACTIONS[name]) for name in ("stake", "withdraw", "claim", "exit", "earned")}
        )
    first, second = found
    assert {name: abs(second[name] - cost) < 100 for name, cost in first.items()} == dict.fromkeys(first, True)
