"""Permits of EIP-2612."""

from typing import Any

from eth_account.messages import encode_typed_data

FIELDS = {"owner": "address", "spender": "address", "value": "uint256", "nonce": "uint256", "deadline": "uint256"}
TYPES = {"Permit": [{"name": name, "type": kind} for name, kind in FIELDS.items()]}

Permit = tuple[int, int, bytes, bytes]
"""What a contract takes: deadline, v, r, s."""


def sign(token: Any, signer: Any, **fields: Any) -> Permit:
    """Of `signer`, if no other owner is named.

    Args:
        fields: of the domain `name`, and where they are others, `version`, `chainId` (1, that of the EVM in the process) and
            `verifyingContract`; of the message `spender`, `value` and `deadline`, and where it is not 0 the `nonce`.
    """
    domain = {"name": "", "version": "1", "chainId": 1, "verifyingContract": token.address}
    message = {"owner": signer.address, "nonce": 0}
    for name, value in fields.items():
        (message if name in FIELDS else domain)[name] = value
    signature = signer.sign_message(encode_typed_data(domain, TYPES, message))
    return message["deadline"], signature.v, _word(signature.r), _word(signature.s)


def _word(value: int | bytes) -> bytes:
    # Of Ape's bytes, leading zeros are left out.
    return value.to_bytes(32, "big") if isinstance(value, int) else bytes(value).rjust(32, b"\0")
