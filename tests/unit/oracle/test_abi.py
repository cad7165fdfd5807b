import pytest

from tests.support.bytecode import instructions

# Of the instructions that change state, call another's code as one's own or end the contract, none may occur.
STATE_CHANGING = {0x55: "SSTORE", 0x5D: "TSTORE", 0xA0: "LOG0", 0xF0: "CREATE", 0xF1: "CALL", 0xF2: "CALLCODE"} | {
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFF: "SELFDESTRUCT",
}
SLOAD, STATICCALL = 0x54, 0xFA


@pytest.mark.finding("O07")
def test_abi__has_no_owner_and_no_state_changing_function(project):
    contract_type = project.ChainlinkOracleWrapper.contract_type
    assert {method.selector for method in contract_type.methods} == {
        "priceAt(uint256,uint80)",
        "latestPrice()",
        "findRound(uint256)",
        "feed()",
        "sequencerFeed()",
        "maxAge()",
        "gracePeriod()",
        "feedDecimals()",
    }
    assert {method.stateMutability for method in contract_type.methods} == {"view"}
    assert not contract_type.mutable_methods
    assert not contract_type.events


@pytest.mark.finding("O07")
def test_bytecode__reads_and_writes_no_storage(revm, oracle):
    opcodes = instructions(revm.code(oracle))
    assert STATICCALL in opcodes
    assert not opcodes & set(STATE_CHANGING)
    assert SLOAD not in opcodes


def test_bytecode__check_itself__finds_what_a_stateful_contract_does(revm, feed):
    opcodes = instructions(revm.code(feed))
    assert {0x55, SLOAD} <= opcodes
