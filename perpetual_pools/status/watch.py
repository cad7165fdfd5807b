"""Looking again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from signal import SIGINT, default_int_handler, signal

from ape.exceptions import ApeException
from web3.exceptions import Web3Exception

from perpetual_pools.chain.multicall import NoAnswerError
from perpetual_pools.chain.redaction import redacted
from perpetual_pools.status.facts import StatusError

FAILED_REQUESTS = (ApeException, NoAnswerError, Web3Exception, OSError)


def watch(
    refresh: Callable[[], object],
    every: int,
    report: Callable[[str], object],
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Calls `refresh` every so many seconds until Ctrl-C. What a request fails with is reported, and tried again.

    Raises:
        StatusError: the first time, when it is what was asked for that cannot be shown. Later it is the node that fails.
    """
    signal(SIGINT, default_int_handler)  # of Ape's own nobody could tell that watching ended as it should
    tolerated: tuple[type[Exception], ...] = FAILED_REQUESTS
    try:
        while True:
            try:
                refresh()
                tolerated = (*FAILED_REQUESTS, StatusError)
            except tolerated as error:
                report(f"{redacted(error)}: trying again in {every} s")
            sleep(every)
    except KeyboardInterrupt:
        return
