"""Balances of one token."""

import pytest

from perpetual_pools.model import Ledger
from tests.support.refusals import refusal, refused

LACK = refusal("InsufficientBalance")


@pytest.fixture
def ledger():
    ledger = Ledger()
    ledger.mint("alice", 10)
    return ledger


def balances(ledger):
    return ledger.balance_of("alice"), ledger.balance_of("bob"), ledger.total_supply


@pytest.mark.parametrize("action", [lambda ledger: ledger.burn("alice", 11), lambda ledger: ledger.burn("bob", 1)])
def test_burn__more_than_held__is_refused(ledger, action):
    with refused(LACK):
        action(ledger)
    assert balances(ledger) == (10, 0, 10)


def test_transfer__more_than_held__is_refused_even_to_oneself(ledger):
    for receiver in ("bob", "alice"):
        with refused(LACK):
            ledger.transfer("alice", receiver, 11)
    assert balances(ledger) == (10, 0, 10)


def test_lack__of_a_settlement_token__has_its_own_name():
    with refused(refusal("TransferFromFailed")):
        Ledger("TransferFromFailed").transfer("alice", "bob", 1)


def test_ledger__mints_burns_and_transfers__add_up(ledger):
    ledger.transfer("alice", "bob", 4)
    assert balances(ledger) == (6, 4, 10)
    ledger.transfer("alice", "alice", 6)
    assert balances(ledger) == (6, 4, 10)
    ledger.burn("bob", 4)
    assert balances(ledger) == (6, 0, 6)
    ledger.mint("bob", 1)
    assert balances(ledger) == (6, 1, 7)


def test_ledger__nothing_moved__needs_nothing_held(ledger):
    ledger.transfer("bob", "alice", 0)
    ledger.burn("bob", 0)
    assert balances(ledger) == (10, 0, 10)
