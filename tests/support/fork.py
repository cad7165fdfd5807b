"""Accounts, balances and parameters for tests on a fork of Arbitrum One."""

from pathlib import Path
from typing import Any

import ape
from ape.api import AccountAPI
from eth_utils.conversions import to_hex

from perpetual_pools.formatting import as_utc

ETHER = 10**18
HOUR = 3_600
MAINNET = Path(__file__).parents[2] / "deploy" / "arbitrum-mainnet.yaml"


def impersonate(fork: Any, address: str) -> AccountAPI:
    """Return the account at the address, with ether for its transactions."""
    fork.set_balance(address, ETHER)
    return ape.accounts.test_accounts.impersonate_account(address)


def deal(fork: Any, token: Any, account: Any, amount: int) -> None:
    """Write a balance into the one empty slot that `balanceOf` reads. This works with any token."""
    call = {"to": token.address, "data": to_hex(token.balanceOf.encode_input(account.address))}
    accessed = fork.make_request("eth_createAccessList", [call, "latest"])["accessList"]
    slots = [
        int(slot, 16)
        for entry in accessed
        if entry["address"].lower() == token.address.lower()
        for slot in entry["storageKeys"]
        if not int.from_bytes(fork.get_storage(token.address, int(slot, 16)))
    ]
    assert len(slots) == 1, f"of an account that never held {token.address}, {slots} are empty"
    fork.set_storage(token.address, slots[0], amount.to_bytes(32))
    assert token.balanceOf(account) == amount


def shipped_for(owner: str, start: int) -> str:
    """Return the shipped parameters of Arbitrum One with the owner and the start that the DAO has to set."""
    text = MAINNET.read_text()
    for line, new in (("owner: null", f"owner: {owner}"), ("  start: ", f"  start: {as_utc(start)} #")):
        assert text.count(line) == 1
        text = text.replace(line, new)
    return text
