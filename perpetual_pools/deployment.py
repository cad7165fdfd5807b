"""Deployment of the contracts of one system, step by step. Scripts, tests and the demo deploy through these functions.

Each function sends what it says with `account` on the connected network and returns the instance, ready to use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ape

if TYPE_CHECKING:
    from ape.api import AccountAPI
    from ape.contracts import ContractInstance

    from perpetual_pools.model import PoolParams

ZERO_ADDRESS = "0x0000000000000000000000000000000000000000"


def deploy_feed(account: AccountAPI, decimals: int, description: str) -> ContractInstance:
    """A feed that answers the rounds it is given (`pushRound`). Local chains and test networks only."""
    return account.deploy(ape.project.ReplayAggregator, decimals, description)


def deploy_settlement_token(account: AccountAPI, name: str, symbol: str, decimals: int) -> ContractInstance:
    """An ERC-20 that anyone can mint. Local chains and test networks only."""
    return account.deploy(ape.project.MockERC20, name, symbol, decimals)


def deploy_wrapper(
    account: AccountAPI,
    feed: ContractInstance | str,
    sequencer_feed: ContractInstance | str | None,
    max_age: int,
    grace_period: int,
) -> ContractInstance:
    """The oracle over `feed`.

    Args:
        sequencer_feed: None (or the zero address) on a chain without a sequencer uptime feed.
        max_age: Seconds.
        grace_period: Seconds.
    """
    return account.deploy(
        ape.project.ChainlinkOracleWrapper, feed, sequencer_feed or ZERO_ADDRESS, max_age, grace_period
    )


def deploy_factory(
    account: AccountAPI, owner: AccountAPI | str, fee_recipient: AccountAPI | ContractInstance | str
) -> ContractInstance:
    """The factory; `owner` is the DAO."""
    return account.deploy(ape.project.PoolFactory, owner, fee_recipient)


def deploy_keeper(account: AccountAPI) -> ContractInstance:
    """The keeper contract: stateless, one per chain is enough."""
    return account.deploy(ape.project.PoolKeeper)


def pool_arguments(params: PoolParams) -> tuple[str | int, ...]:
    """`params` as the struct that the factory takes, in its order."""
    return (
        params.market,
        params.settlement_token,
        params.oracle,
        params.leverage,
        params.rebalance_interval,
        params.front_running_interval,
        params.management_fee,
        params.mint_fee,
        params.burn_fee,
        params.keeper_reward_max,
        params.keeper_reward_ramp,
        params.min_liquidity,
    )


def deploy_pool(account: AccountAPI, factory: ContractInstance, params: PoolParams) -> ContractInstance:
    """The pool of `params`, at the address that `factory.poolAddress(params, account)` foretells.

    Raises:
        The factory's or the pool's error, with its arguments, when a parameter breaks a bound.
    """
    arguments = pool_arguments(params)
    pool = factory.poolAddress(arguments, account)
    factory.deployPool(arguments, sender=account)
    return ape.project.LeveragedPool.at(pool)
