"""Who has a pool token, and what it tells."""

from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from tests.support.revm import SENDER, Instance
from tests.support.world import NOW

POOL = SENDER
ALICE, BOB, STRANGER = ["0x" + f"{number:02x}" * 20 for number in (0xA4, 0xA5, 0xA6)]
ZERO = "0x" + "00" * 20
TOKEN = 10**18
HOLDER = Account.from_key(b"\x01" * 32)
OTHER = Account.from_key(b"\x02" * 32)
FIELDS = [
    ("owner", "address"),
    ("spender", "address"),
    ("value", "uint256"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
]
CHAIN_ID = 1
"""Of the EVM in the process."""


def transfer_event(sender: str, receiver: str, amount: int) -> tuple[str, dict[str, Any]]:
    return "Transfer", {"from": sender, "to": receiver, "amount": amount}


def holdings(token: Instance) -> tuple[int, int, int, int]:
    """Of the pool, of alice, of bob, of all."""
    return (*(token.balanceOf(account) for account in (POOL, ALICE, BOB)), token.totalSupply())


def sign(token: Instance, signer: Any = HOLDER, **changes: Any) -> Any:
    """A permit of HOLDER to bob for 100 units until now, but for the changes to message or domain: (deadline, v, r, s)."""
    domain = {"name": "3L-BTC/USDC", "version": "1", "chainId": CHAIN_ID, "verifyingContract": token.address}
    message = {"owner": HOLDER.address, "spender": BOB, "value": 100, "nonce": 0, "deadline": NOW}
    for field, value in changes.items():
        (domain if field in domain else message)[field] = value
    types = {"Permit": [{"name": field, "type": kind} for field, kind in FIELDS]}
    signature = signer.sign_message(encode_typed_data(domain, types, message))
    return message["deadline"], signature.v, signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big")
