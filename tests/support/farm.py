"""Staking farms in an EVM of the test's own process, those who stake, and what is expected of an action."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from perpetual_pools.model import Market
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.farm import PLENTY, FarmTwin
from tests.support.refusals import refusal, refused
from tests.support.revm import Instance, RevmChain
from tests.support.world import NOW

TCR = 10**18
DAY = 24 * 3_600
OWNER, STRANGER, ALICE, BOB, CAROL, DAVE, ERIN = PEOPLE = ["0x" + f"{number:02x}" * 20 for number in range(0xB1, 0xB8)]
STAKERS = [ALICE, BOB, CAROL, DAVE, ERIN]
HOUR = 3_600
WEEKLY = 6_048_000 * TCR
"""10 TCR a second. The tests' stakes and times are such that all divisions come out even, where nothing else is said."""
ZERO = "0x" + "00" * 20
NOBODY = "0x" + "00" * 19 + "99"
"""An account without code."""


def farm_twin(project: Any, decimals: int = 18, start: int = NOW + DAY) -> FarmTwin:
    """In an EVM of the test's own process, at NOW. The reward token has `decimals`; the owner has PLENTY of it."""
    chain = RevmChain(project, NOW)
    reward = chain.deploy("MockERC20", "Tracer", "TCR", decimals)
    twin = FarmTwin(chain, reward, start, OWNER, PEOPLE)
    twin.introduce(reward)
    return twin


@contextmanager
def refuses(farm: FarmTwin, error: str, **arguments: Any) -> Iterator[None]:
    """The block's one action is refused with exactly this error, on chain and in the model, and changes nothing."""
    with refused(refusal(error, **_plain(arguments))):
        yield
    farm.compare()


@contextmanager
def tells(farm: FarmTwin, *events: tuple[str, dict[str, Any]]) -> Iterator[None]:
    """What the farm emits in the block is this, every field: the twin compares the chain's events with the model's."""
    seen = len(farm.model.events)
    yield
    told = [(event.name, event.arguments) for event in farm.model.events[seen:]]
    assert told == [(name, _plain(arguments)) for name, arguments in events]


def farm_paying(project: Any, reward: str) -> FarmTwin:
    """Four weeks of WEEKLY in another mock than MockERC20."""
    chain = RevmChain(project, NOW)
    farm = FarmTwin(chain, chain.deploy(reward, 18), NOW + DAY, OWNER, PEOPLE)
    farm.introduce(farm.reward)
    farm.schedule(OWNER, *[WEEKLY] * 4)
    return farm


def farm_of(farm: FarmTwin, kind: str, *arguments: Any) -> Instance:
    """A mock of that kind with a farm in the primary market."""
    token: Instance = farm.chain.deploy(kind, *arguments)
    farm.introduce(token)
    farm.add_farm(OWNER, token, Market.PRIMARY, 1)
    return token


def enrich(farm: FarmTwin, account: str, token: Any, amount: int) -> None:
    """Gives token units besides the PLENTY that everybody has."""
    farm.chain.send(token, "mint", [account, amount], account)
    farm.ledgers[address_of(token)].mint(account, amount)


def gained(farm: FarmTwin, account: str) -> int:
    """Reward units that an account has been paid."""
    return int(farm.reward.balanceOf(account)) - PLENTY


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value.address if isinstance(value, Instance) else value for name, value in arguments.items()}
