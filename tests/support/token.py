"""Who has a pool token, and what it tells."""

from typing import Any

from tests.support import permits
from tests.support.permits import Permit
from tests.support.revm import SENDER, Instance
from tests.support.world import NOW, Account

POOL = SENDER
ALICE, BOB, STRANGER = ["0x" + f"{number:02x}" * 20 for number in (0xA4, 0xA5, 0xA6)]
ZERO = "0x" + "00" * 20
TOKEN = 10**18
HOLDER, OTHER = Account(1), Account(2)
"""Those who sign."""


def transfer_event(sender: str, receiver: str, amount: int) -> tuple[str, dict[str, Any]]:
    return "Transfer", {"from": sender, "to": receiver, "amount": amount}


def holdings(token: Instance) -> tuple[int, int, int, int]:
    """Of the pool, of alice, of bob, of all."""
    return (*(token.balanceOf(account) for account in (POOL, ALICE, BOB)), token.totalSupply())


def sign(token: Instance, signer: Account = HOLDER, **changes: Any) -> Permit:
    """A permit of HOLDER to bob for 100 units until now, but for the changes to message or domain."""
    fields = {"name": "3L-BTC/USDC", "owner": HOLDER, "spender": BOB, "value": 100, "deadline": NOW}
    return permits.sign(token, signer, **{**fields, **changes})
