"""What a pool token begins as. Specification, section 2; differences, 8."""

import pytest

from tests.support.revm import reverts
from tests.support.token import POOL, ZERO, transfer_event


@pytest.mark.parametrize("name", ["N" * 32, "N" * 200, ""])
def test_deployment__name_that_does_not_fit_31_bytes_or_is_empty__reverts(revm, project, token, name):
    with reverts(token.NameTooLong, name=name):
        revm.deploy(project.PoolToken, name)


@pytest.mark.parametrize("name", ["1", "3L-BTC/USDC", "10S-ABCDEFGHIJKL/MNOPQRSTUVW", "N" * 31])
def test_deployment__name__is_the_symbol_too(revm, project, name):
    token = revm.deploy(project.PoolToken, name)
    assert (token.name(), token.symbol()) == (name, name)


def test_deployment__decimals__are_18(token):
    assert token.decimals() == 18


def test_deployment__pool__is_who_deploys(token):
    assert token.pool() == POOL


def test_deployment__supply__is_0_for_every_reader(token):
    assert (token.totalSupply(), token.balanceOf(POOL), token.balanceOf(ZERO)) == (0, 0, 0)


def test_deployment__transfer_events__add_up_to_nothing(revm, project):
    token = revm.deploy(project.PoolToken, "3L-BTC/USDC")
    assert revm.events(token) == [transfer_event(ZERO, POOL, 1), transfer_event(POOL, ZERO, 1)]
