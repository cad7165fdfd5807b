"""Sending with a nonce that is of the same block as the state the transaction rests on.

A chain takes one transaction of each nonce. So whoever reads the nonce of an account and what the account has done so far,
both as of one block, and then sends with that nonce, sends nothing twice: if an earlier transaction of the account came
after that block, late or again, the new one is refused. The nodes of one endpoint may be behind one another; read without
naming a block, the nonce may be of a later one than the state.
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
"""Seconds."""


class SendingError(PerpetualPoolsError):
    """The account cannot send now; says why and what to do."""


def latest_block() -> int:
    """The number of the chain's latest block."""
    return int(ape.chain.provider.web3.eth.block_number)


def nonce_at(address: str, block: int) -> int:
    """The account's next nonce as of the block: what else is read of that block fits to it."""
    return int(ape.chain.provider.get_nonce(address, block_id=block))


def signed(account: AccountAPI, transaction: TransactionAPI, nonce: int) -> TransactionAPI:
    """The transaction, ready to be sent. That of an impersonated account needs no signature and has none.

    Raises SendingError when the nonce may be in use, or the account does not sign.
    """
    others = ape.chain.provider.web3.eth.get_transaction_count(account.address, "pending") - nonce
    if others < 0:
        raise SendingError(
            f"the next nonce of {account.address} is {nonce}, but this chain expects {nonce + others}: its node is behind. "
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
    """Sends and waits. Raises what the chain answers when it refuses the transaction, or when that fails.

    Not through Ape, which does not wait for a development chain that mines at its own pace.
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
    """Waits until the transaction is mined, and confirmed as often as the network's settings ask."""
    confirmations = ape.chain.provider.network.required_confirmations
    return ape.chain.provider.get_receipt(to_hex(HexBytes(transaction)), required_confirmations=confirmations)


def becomes_known(transaction: str) -> bool:
    """Whether the chain has it, or soon does: nodes of one endpoint may be behind one another."""
    for _ in range(LOOKS):
        if is_known(transaction):
            return True
        time.sleep(LOOK_EVERY)
    return is_known(transaction)


def is_known(transaction: str) -> bool:
    """Whether the chain has the transaction, mined or waiting."""
    try:
        ape.chain.provider.web3.eth.get_transaction(transaction)
    except TransactionNotFound:
        return False
    return True
