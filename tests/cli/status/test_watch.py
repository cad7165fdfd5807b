"""Looking again and again: what ends it, and what does not."""

from collections.abc import Callable

import pytest
from ape.exceptions import ProviderError
from requests.exceptions import ConnectionError as NoConnection

from perpetual_pools.chain.multicall import NoAnswerError
from perpetual_pools.status.facts import StatusError
from perpetual_pools.status.watch import watch


def refreshing(*outcomes: BaseException | None) -> Callable[[], None]:
    """One after the other."""
    coming = iter(outcomes)

    def refresh() -> None:
        outcome = next(coming)
        if outcome is not None:
            raise outcome

    return refresh


def test_watch__requests_fail__says_so_and_goes_on_until_ctrl_c() -> None:
    said: list[str] = []
    slept: list[float] = []
    failures = (ProviderError("too many requests"), NoConnection("refused"), NoAnswerError("0x"))
    watch(refreshing(*failures, None, StatusError("gone"), None, KeyboardInterrupt()), 7, said.append, slept.append)
    assert said == [f"{problem}: trying again in 7 s" for problem in ("too many requests", "refused", "0x", "gone")]
    assert slept == [7] * 6


def test_watch__error_has_the_nodes_url__its_key_is_not_said() -> None:
    said: list[str] = []
    watch(refreshing(NoConnection("https://node.io/v2/key"), KeyboardInterrupt()), 7, said.append, lambda _: None)
    assert said == ["https://node.io/[hidden]: trying again in 7 s"]


def test_watch__nothing_to_show_from_the_first_on__ends() -> None:
    slept: list[float] = []
    with pytest.raises(StatusError, match="no pool there"):
        watch(refreshing(NoConnection("refused"), StatusError("no pool there")), 7, print, slept.append)
    assert slept == [7]


def test_watch__a_mistake_of_ours__is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        watch(refreshing(None, ZeroDivisionError()), 7, print, lambda _: None)
