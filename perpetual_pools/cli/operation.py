"""How every command that sends does its work: it finds, shows, asks, sends and reports.

All that it finds is as of one block, and so is the account's nonce. What the account sends after that block makes the chain
refuse the transactions of this run (`perpetual_pools.chain.sending`), so it can be interrupted and run again.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from perpetual_pools.chain.sending import latest_block, nonce_at
from perpetual_pools.cli.command import agree, say
from perpetual_pools.operations.calls import Call, safe_batch, send_calls, transactions

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI


class HasCalls(Protocol):
    """What an operation has found."""

    @property
    def calls(self) -> Sequence[Call]:
        """The calls that are to be sent, in order."""


F = TypeVar("F", bound=HasCalls)
Send = Callable[["AccountAPI", F, int], Iterable["ReceiptAPI"]]
"""Sends what was found as of the block."""


@dataclass(frozen=True)
class Result:
    """What a command prints at the end: `lines`, or with --json `data` and the transactions. Exit code 1 if it failed."""

    lines: Sequence[str]
    data: dict[str, Any] = field(default_factory=dict)
    failed: bool = False


def operate(
    find: Callable[[int], F],
    result: Callable[[F, list[ReceiptAPI]], Result],
    *,
    account: AccountAPI | None,
    yes: bool,
    as_json: bool,
    show: Callable[[F], None] | None = None,
    send: Send[F] | None = None,
) -> None:
    """Run a command that sends.

    Args:
        find: return what there is to send as of a block.
        result: return what to print, from what was found and the receipts of what was sent.
        account: None if somebody else sends, like a Safe.
        yes: send without asking.
        show: say what was found; by default, each call on a line.
    """
    found, receipts = find_and_send(account, find, yes, show or show_calls, send or send_found)
    outcome = result(found, receipts)
    if as_json:
        report = {**outcome.data, "transactions": transactions(found.calls, receipts)}
        click.echo(json.dumps(report, indent=2))
    else:
        for line in outcome.lines:
            click.echo(line)
    if outcome.failed:
        raise SystemExit(1)


def show_calls(found: HasCalls) -> None:
    """Say each call."""
    for call in found.calls:
        say(str(call))


def send_found(account: AccountAPI, found: HasCalls, block: int) -> Iterable[ReceiptAPI]:
    """Send the calls, with the nonces that the account had as of the block."""
    return send_calls(account, found.calls, nonce_at(account.address, block), say)


def find_and_send(
    account: AccountAPI | None,
    find: Callable[[int], F],
    yes: bool,
    show: Callable[[F], None] = show_calls,
    send: Send[F] = send_found,
) -> tuple[F, list[ReceiptAPI]]:
    """Find as of the latest block, show, ask and send. Without an account, or with nothing to send, nothing is asked."""
    block = latest_block()
    found = find(block)
    show(found)
    if account is None or not found.calls:
        return found, []
    with contextlib.redirect_stdout(sys.stderr):  # Ape asks there for the passphrase, and so does `agree`
        agree(account, len(found.calls), yes)
        return found, list(send(account, found, block))


def write_for_safe(path: Path, calls: Sequence[Call], safe: str, description: str) -> None:
    """Write the calls to a file for the Transaction Builder of the Safe's app."""
    path.write_text(safe_batch(calls, safe, description))
    say(f"For the Safe {safe}: {path}")
