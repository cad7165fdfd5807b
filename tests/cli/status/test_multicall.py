"""Many questions in one call: to chains with Multicall3 and without, with Arbitrum's own block number and without."""

from typing import Any

import ape
import pytest
from ape_ethereum.multicall.constants import MULTICALL3_ADDRESS, MULTICALL3_CODE
from eth_abi import encode
from eth_utils import keccak

from perpetual_pools.chain.multicall import ARB_SYS, Block, Failure, Multicall, NoAnswerError, Question, question
from perpetual_pools.twin.pool import Twin

SEVEN = bytes.fromhex("600760005260206000f3")
"""Code that answers every call with 7."""
INVALID = bytes.fromhex("fe")
"""What a fork of Arbitrum has at the place of its precompiles."""


@pytest.fixture(params=[False, True], ids=["lent", "there"])
def multicall3(request: Any) -> None:
    if request.param:
        ape.chain.provider.set_code(MULTICALL3_ADDRESS, MULTICALL3_CODE)


@pytest.mark.usefixtures("multicall3")
def test_ask__answers_and_failures__each_has_its_own(market: Twin) -> None:
    pool, nobody = market.pool.address, "0x" + "11" * 20
    token = market.world.token.address
    block, answers = Multicall().ask(
        {
            "balances": question("LeveragedPool", pool, "balances"),
            "batch": question("LeveragedPool", pool, "batch", 1, 5),
            "no such type": question("LeveragedPool", pool, "batch", 1, 6),
            "token": question("LeveragedPool", pool, "settlementToken"),
            "name": question("LeveragedPool", pool, "name"),
            "paused": question("LeveragedPool", pool, "mintPaused"),
            "nobody there": question("LeveragedPool", nobody, "epoch"),
            "another kind of answer": Question(token, "decimals()", ("string",)),
            "epoch": question("LeveragedPool", pool, "epoch"),
        }
    )
    assert answers == {
        "balances": (0, 0),
        "batch": (0, 0),
        "no such type": Failure(keccak(text="InvalidCommitType(uint256)")[:4] + (6).to_bytes(32)),
        "token": token,
        "name": "3-BTC/USDC",
        "paused": False,
        "nobody there": Failure(b""),
        "another kind of answer": Failure((6).to_bytes(32)),
        "epoch": 1,
    }
    head = ape.chain.blocks.head
    assert (block.number, block.timestamp) == (head.number, head.timestamp)


def test_ask__nothing__tells_the_block() -> None:
    block, answers = Multicall().ask({})
    assert (block.number, answers) == (ape.chain.blocks.head.number, {})


@pytest.mark.parametrize(
    "answer",
    ["0x", "0x00", "0x" + "ff" * 96, "0x" + "00" * 31 + "20" + "00" * 31 + "09", "not found", None, {}, []],
    ids=repr,
)
def test_ask__answer_that_is_none__is_told(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a node that is behind, prunes, or is none."""
    multicall = Multicall()
    monkeypatch.setattr(type(ape.chain.provider), "make_request", lambda *_: answer)
    with pytest.raises(NoAnswerError, match=r"the node's response is not an answer: .+"):
        multicall.ask({})


def test_ask__answers_that_are_too_few_or_fail__are_told(market: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    multicall = Multicall()

    def answered(*results: tuple[bool, bytes]) -> None:
        data = "0x" + encode(["(bool,bytes)[]"], [results]).hex()
        monkeypatch.setattr(type(ape.chain.provider), "make_request", lambda *_: data)

    good = True, (7).to_bytes(32)
    answered(good, good)
    assert multicall.ask({}) == (Block(7, 7), {})
    answered(good)
    with pytest.raises(NoAnswerError, match="the node's response is not an answer: zip"):
        multicall.ask({})
    answered(good, (False, b""))
    with pytest.raises(NoAnswerError) as raised:
        multicall.ask({})
    assert str(raised.value) == "the node does not say which block its answer is from"


def test_block_number__on_arbitrum__is_its_own() -> None:
    ape.chain.provider.set_code(ARB_SYS, SEVEN)
    assert Multicall().ask({})[0].number == 7


def test_block_number__on_a_fork_of_arbitrum__is_the_forks() -> None:
    ape.chain.provider.set_code(ARB_SYS, INVALID)
    assert Multicall().ask({})[0].number == ape.chain.blocks.head.number
