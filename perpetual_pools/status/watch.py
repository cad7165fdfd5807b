"""The loop of `ape run status --watch`."""

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
    """Call `refresh` every so many seconds until Ctrl-C. A request that fails is reported, and the loop goes on.

    Raises:
        StatusError: the first refresh raised it, so the status cannot be shown at all. Later ones blame the node.
    """
    signal(SIGINT, default_int_handler)  # under Ape's own handler, Ctrl-C would look like a failure
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
