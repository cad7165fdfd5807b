"""The unit that nobody sees: always in the pool's slot, never in a number that anyone reads. Differences, 8."""

from eth_utils import keccak

from tests.support.token import ALICE, POOL, TOKEN, holdings

# Where Solady keeps them: the balance of an account at keccak256(account ++ seed), the supply at a slot of its own.
BALANCE_SEED = 0x87A211A2
SUPPLY_SLOT = 0x05345CDF77EB68F44C


def stored(revm, token, account):
    """What storage has as balance and as supply."""
    slot = int.from_bytes(keccak(bytes.fromhex(account[2:]) + BALANCE_SEED.to_bytes(12, "big")), "big")
    return revm.evm.storage(token.address, slot), revm.evm.storage(token.address, SUPPLY_SLOT)


def test_spare_unit__at_deployment__is_stored_and_not_shown(revm, token):
    assert stored(revm, token, POOL) == (1, 1)
    assert holdings(token) == (0, 0, 0, 0)


def test_spare_unit__after_mints__is_stored_and_not_shown(revm, token):
    token.mint(5)
    assert stored(revm, token, POOL) == (6, 6)
    assert holdings(token) == (5, 0, 0, 5)


def test_spare_unit__when_the_pool_paid_out_all__stays_in_its_slot(revm, held):
    held.transfer(ALICE, 50 * TOKEN, sender=POOL)
    assert stored(revm, held, POOL) == (1, 150 * TOKEN + 1)
    assert stored(revm, held, ALICE) == (150 * TOKEN, 150 * TOKEN + 1)
    assert holdings(held) == (0, 150 * TOKEN, 0, 150 * TOKEN)


def test_spare_unit__when_all_tokens_are_burned__is_all_that_is_left(revm, held):
    held.burn(ALICE, 100 * TOKEN)
    held.burn(POOL, 50 * TOKEN)
    assert stored(revm, held, POOL) == (1, 1)
    assert holdings(held) == (0, 0, 0, 0)
