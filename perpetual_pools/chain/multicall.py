"""Many questions to contracts in one `eth_call`, all answered of the same block.

Multicall3 is at the same address on nearly every chain. A local chain does not have it: there its code is lent to the
address for the one call (a state override), which changes nothing on the chain.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import ape
from ape_ethereum.multicall.constants import MULTICALL3_ADDRESS, MULTICALL3_CODE
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.conversions import to_bytes, to_hex
from eth_utils.crypto import keccak
from ethpm_types.abi import MethodABI

from perpetual_pools.chain.contracts import container
from perpetual_pools.errors import PerpetualPoolsError

ARB_SYS = "0x0000000000000000000000000000000000000064"
"""Part of Arbitrum's chains: the one that knows their own block number. What the EVM says there is Ethereum's."""
_AGGREGATE = "aggregate3((address,bool,bytes)[])"

NOT_AN_ANSWER = (DecodingError, OverflowError, TypeError, ValueError)
"""What reading raises, of whatever may have been sent."""

Key = TypeVar("Key", bound=Hashable)


class NoAnswerError(PerpetualPoolsError):
    """A node's answer that is none to what it was asked."""


@dataclass(frozen=True)
class Question:
    """A call of a view."""

    target: str
    signature: str
    outputs: tuple[str, ...]
    arguments: tuple[Any, ...] = ()

    @property
    def data(self) -> bytes:
        """What is sent."""
        types = self.signature.partition("(")[2].removesuffix(")")
        return _selector(self.signature) + encode(types.split(",") if types else [], self.arguments)

    def read(self, data: bytes) -> Any:
        """The answer: one value, or a tuple of several. Raises DecodingError or UnicodeDecodeError when it is none."""
        values = tuple(
            to_checksum_address(value) if kind == "address" else value
            for kind, value in zip(self.outputs, decode(self.outputs, data), strict=True)
        )
        return values if len(values) > 1 else values[0]


@dataclass(frozen=True)
class Failure:
    """Instead of an answer: what the contract reverted with, or said that is no answer."""

    data: bytes


@dataclass(frozen=True)
class Block:
    """Of which all answers are. The timestamp is in Unix seconds."""

    number: int
    timestamp: int


def question(contract: str, target: str, view: str, *arguments: Any) -> Question:
    """Of a view that the project's `contract` has, without overloads."""
    method = container(contract).contract_type.view_methods[view]
    assert isinstance(method, MethodABI)
    return Question(target, method.selector, tuple(output.canonical_type for output in method.outputs), arguments)


class Multicall:
    """Asks the connected chain."""

    def __init__(self) -> None:
        provider = ape.chain.provider
        there = bool(provider.get_code(MULTICALL3_ADDRESS))
        self._override = {} if there else {MULTICALL3_ADDRESS: {"code": to_hex(bytes(MULTICALL3_CODE))}}
        self._number = Question(MULTICALL3_ADDRESS, "getBlockNumber()", ("uint256",))
        if provider.get_code(ARB_SYS):
            arbitrum = Question(ARB_SYS, "arbBlockNumber()", ("uint256",))
            # A fork run by another program has code there that does nothing but use up gas.
            if not isinstance(self._send([arbitrum])[0], Failure):
                self._number = arbitrum

    def ask(self, questions: Mapping[Key, Question]) -> tuple[Block, dict[Key, Any]]:
        """One `eth_call`. A question that fails has a Failure for its answer, and the others have theirs.

        Raises:
            NoAnswerError: the node answers something else.
            What the node, or the way there, refuses the call with.
        """
        timestamp = Question(MULTICALL3_ADDRESS, "getCurrentBlockTimestamp()", ("uint256",))
        number, time, *answers = self._send([self._number, timestamp, *questions.values()])
        if isinstance(number, Failure) or isinstance(time, Failure):
            raise NoAnswerError("the node does not tell of which block its answer is")
        return Block(number, time), dict(zip(questions, answers, strict=True))

    def _send(self, questions: list[Question]) -> list[Any]:
        calls = [(question.target, True, question.data) for question in questions]
        data = _selector(_AGGREGATE) + encode(["(address,bool,bytes)[]"], [calls])
        call = {"to": MULTICALL3_ADDRESS, "data": to_hex(data)}
        parameters = [call, "latest", self._override] if self._override else [call, "latest"]
        try:
            answer = ape.chain.provider.make_request("eth_call", parameters)
            (results,) = decode(["(bool,bytes)[]"], to_bytes(hexstr=answer))
            asked_and_answered = list(zip(questions, results, strict=True))
        except NOT_AN_ANSWER as error:
            raise NoAnswerError(f"the node answers what is no answer: {error or repr(error)}") from error
        return [_answer(question, *result) for question, result in asked_and_answered]


def _answer(question: Question, success: bool, data: bytes) -> Any:
    if not success or not data:  # nothing at all is no answer, though Ape has eth_abi read a zero from it
        return Failure(data)
    try:
        return question.read(data)
    except NOT_AN_ANSWER:
        return Failure(data)


def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]
