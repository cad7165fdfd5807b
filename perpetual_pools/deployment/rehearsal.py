"""A dry run: everything is sent, to a fork or a local chain, without the account's key, and undone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import ape

from perpetual_pools.errors import PerpetualPoolsError

if TYPE_CHECKING:
    from ape.api import AccountAPI

ENOUGH = 10 * 10**18
"""Wei that the account has at least."""


class RehearsalError(PerpetualPoolsError):
    """The connected network is none to rehearse on; says which is."""


@contextmanager
def rehearsal(address: str) -> Iterator[AccountAPI]:
    """The account of that address, able to send on the connected network; afterwards the chain is as it was."""
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
