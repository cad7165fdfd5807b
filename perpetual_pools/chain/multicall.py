"""Many questions to contracts in one `eth_call`, so that all answers are as of the same block.

Multicall3 has the same address on nearly every chain. A local chain does not have it, so there each call brings the code of
Multicall3 along as a state override, which changes nothing on the chain.
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
"""The precompile that knows the block number of an Arbitrum chain. There, the EVM's block number is Ethereum's."""
_AGGREGATE = "aggregate3((address,bool,bytes)[])"

NOT_AN_ANSWER = (DecodingError, OverflowError, TypeError, ValueError)
"""The exceptions that decoding arbitrary bytes can raise."""

Key = TypeVar("Key", bound=Hashable)


class NoAnswerError(PerpetualPoolsError):
    """A node's response that does not answer the question."""


@dataclass(frozen=True)
class Question:
    """A call of a view function."""

    target: str
    signature: str
    outputs: tuple[str, ...]
    arguments: tuple[Any, ...] = ()

    @property
    def data(self) -> bytes:
        """The ABI-encoded call."""
        types = self.signature.partition("(")[2].removesuffix(")")
        return _selector(self.signature) + encode(types.split(",") if types else [], self.arguments)

    def read(self, data: bytes) -> Any:
        """Return the answer: one value, or a tuple of several. Raises one of NOT_AN_ANSWER if the data is not an answer."""
        values = tuple(
            to_checksum_address(value) if kind == "address" else value
            for kind, value in zip(self.outputs, decode(self.outputs, data), strict=True)
        )
        return values if len(values) > 1 else values[0]


@dataclass(frozen=True)
class Failure:
    """The data of a question without an answer: the contract reverted with it, or returned it but it cannot be decoded."""

    data: bytes


@dataclass(frozen=True)
class Block:
    """The block of all answers. The timestamp is in Unix seconds."""

    number: int
    timestamp: int


def question(contract: str, target: str, view: str, *arguments: Any) -> Question:
    """Return a question to a view function of one of the project's contracts. The function must not be overloaded."""
    method = container(contract).contract_type.view_methods[view]
    assert isinstance(method, MethodABI)
    return Question(target, method.selector, tuple(output.canonical_type for output in method.outputs), arguments)


class Multicall:
    """A way to ask the connected chain many questions at once."""

    def __init__(self) -> None:
        provider = ape.chain.provider
        there = bool(provider.get_code(MULTICALL3_ADDRESS))
        self._override = {} if there else {MULTICALL3_ADDRESS: {"code": to_hex(bytes(MULTICALL3_CODE))}}
        self._number = Question(MULTICALL3_ADDRESS, "getBlockNumber()", ("uint256",))
        if provider.get_code(ARB_SYS):
            arbitrum = Question(ARB_SYS, "arbBlockNumber()", ("uint256",))
            # On a fork that another program runs, the code there only uses up gas.
            if not isinstance(self._send([arbitrum])[0], Failure):
                self._number = arbitrum

    def ask(self, questions: Mapping[Key, Question]) -> tuple[Block, dict[Key, Any]]:
        """Ask all questions in one `eth_call`. The answer to a question that fails is a Failure.

        Raises:
            NoAnswerError: the node's response does not answer the call.
            The error of the node or the connection if the call fails.
        """
        timestamp = Question(MULTICALL3_ADDRESS, "getCurrentBlockTimestamp()", ("uint256",))
        number, time, *answers = self._send([self._number, timestamp, *questions.values()])
        if isinstance(number, Failure) or isinstance(time, Failure):
            raise NoAnswerError("the node does not say which block its answer is from")
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
            raise NoAnswerError(f"the node's response is not an answer: {error or repr(error)}") from error
        return [_answer(question, *result) for question, result in asked_and_answered]


def _answer(question: Question, success: bool, data: bytes) -> Any:
    if not success or not data:  # no data is not an answer, although Ape's eth_abi decodes it to zero
        return Failure(data)
    try:
        return question.read(data)
    except NOT_AN_ANSWER:
        return Failure(data)


def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]
