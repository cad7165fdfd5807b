"""The dry run of a deployment: it sends everything to a fork or a local chain, without the account's key, and undoes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import ape

from perpetual_pools.errors import PerpetualPoolsError

if TYPE_CHECKING:
    from ape.api import AccountAPI

ENOUGH = 10 * 10**18
"""The least balance, in wei, that the account has in a dry run."""


class RehearsalError(PerpetualPoolsError):
    """The connected network does not allow a dry run. The message names one that does."""


@contextmanager
def rehearsal(address: str) -> Iterator[AccountAPI]:
    """Return the account of that address, which can send without its key. The end of the block undoes all changes.

    Raises RehearsalError unless the connected network is a fork or a local chain.
    """
    network = ape.chain.provider.network
    if not network.is_dev:
        fork = f"{network.ecosystem.name}:{network.name}-fork:foundry"
        raise RehearsalError(f"a dry run sends everything, so it needs a fork: --network {fork}")
    snapshot = ape.chain.snapshot()
    try:
        if ape.chain.provider.get_balance(address) < ENOUGH:
            ape.chain.set_balance(address, ENOUGH)
        yield ape.accounts.test_accounts.impersonate_account(address)
    finally:
        ape.chain.restore(snapshot)
