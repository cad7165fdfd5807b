"""Every contract can be deployed on a chain with the limits of Ethereum."""

import pytest

CODE_LIMIT = 24_576
"""EIP-170."""
INIT_CODE_LIMIT = 49_152
"""EIP-3860."""
CONTRACTS = ["LeveragedPool", "PoolToken", "PoolFactory", "PoolKeeper", "ChainlinkOracleWrapper", "StakingFarm"]


def size(code):
    return len(code.bytecode.removeprefix("0x")) // 2


@pytest.mark.parametrize("name", CONTRACTS)
def test_code__of_every_contract__is_within_the_limits(project, name):
    contract_type = project.get_contract(name).contract_type
    assert 0 < size(contract_type.runtime_bytecode) <= CODE_LIMIT
    assert 0 < size(contract_type.deployment_bytecode) <= INIT_CODE_LIMIT


def test_code__list_of_contracts__is_complete(project):
    """All that have code of their own below contracts/, mocks aside."""
    folder = project.path / "contracts"
    sources = {path.stem for path in folder.rglob("*.sol") if path.parent.name not in ("mocks", "interfaces")}
    deployable = {
        name
        for name in sources & set(project.contracts)
        if project.contracts[name].methods
        and size(project.contracts[name].deployment_bytecode)  # an abstract contract has none
    }
    assert deployable == set(CONTRACTS)
