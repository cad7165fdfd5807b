"""Sending without doing anything twice: a transaction uses the nonce of the block whose state it depends on.

A chain accepts one transaction for each nonce of an account. A command therefore reads the account's nonce and the state as
of the same block, and sends with that nonce. If an earlier transaction of the account was mined after that block, it has
used the nonce, and the chain refuses the new transaction. Both reads must name the block, because the nodes behind one
endpoint can be at different blocks, and the nonce could otherwise be newer than the state.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import ape
from ape.api.accounts import ImpersonatedAccount
from eth_utils.conversions import to_hex
from hexbytes import HexBytes
from web3.exceptions import TransactionNotFound

from perpetual_pools.errors import PerpetualPoolsError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI, TransactionAPI


LOOKS = 2
LOOK_EVERY = 1
"""Seconds between two looks for a transaction."""


class SendingError(PerpetualPoolsError):
    """The account cannot send now. The message says why and what to do."""


def latest_block() -> int:
    """Return the number of the chain's latest block."""
    return int(ape.chain.provider.web3.eth.block_number)


def nonce_at(address: str, block: int) -> int:
    """Return the account's next nonce as of the block."""
    return int(ape.chain.provider.get_nonce(address, block_id=block))


def signed(account: AccountAPI, transaction: TransactionAPI, nonce: int) -> TransactionAPI:
    """Return the transaction, signed and ready to be sent. Only that of an impersonated account has no signature.

    Raises SendingError if the nonce may be in use, or if the account does not sign.
    """
    others = ape.chain.provider.web3.eth.get_transaction_count(account.address, "pending") - nonce
    if others < 0:
        raise SendingError(
            f"the next nonce of {account.address} is {nonce}, but the node is behind: it expects nonce {nonce + others}. "
            "Wait, then run again"
        )
    if others:
        raise SendingError(
            f"{account.address} has transactions under way that this run did not send: {others}. "
            "Wait until they are mined, then run again"
        )
    transaction.sender = account.address
    transaction.nonce = nonce
    result = account.sign_transaction(account.prepare_transaction(transaction))
    if result is None or (result.signature is None and not isinstance(account, ImpersonatedAccount)):
        raise SendingError(f"{account.address} did not sign the transaction: nothing was sent")
    return result


def send(transaction: TransactionAPI) -> ReceiptAPI:
    """Send the transaction and wait for its receipt. Raises the chain's error if it refuses the transaction or that fails.

    It does not send through Ape, because Ape does not wait for a development chain that mines at its own pace.
    """
    eth = ape.chain.provider.web3.eth
    if transaction.signature is None:
        sent = eth.send_transaction(cast(Any, transaction.model_dump(by_alias=True, mode="json")))
    else:
        sent = eth.send_raw_transaction(transaction.serialize_transaction())
    receipt = confirmed(sent)
    receipt.raise_for_status()
    return receipt


def confirmed(transaction: str | bytes) -> ReceiptAPI:
    """Wait until the transaction is mined and has the confirmations that the network's settings require."""
    confirmations = ape.chain.provider.network.required_confirmations
    return ape.chain.provider.get_receipt(to_hex(HexBytes(transaction)), required_confirmations=confirmations)


def becomes_known(transaction: str) -> bool:
    """Return whether the chain has the transaction now or soon, because the nodes of one endpoint can be out of step."""
    for _ in range(LOOKS):
        if is_known(transaction):
            return True
        time.sleep(LOOK_EVERY)
    return is_known(transaction)


def is_known(transaction: str) -> bool:
    """Return whether the chain has the transaction, mined or waiting."""
    try:
        ape.chain.provider.web3.eth.get_transaction(transaction)
    except TransactionNotFound:
        return False
    return True
