"""The constants that contracts and model share. Source: the specification, sections 3 and 4."""

WAD = 10**18
"""One, for prices, fees and rates."""
Q = 2**128
"""One, for the fraction of its balance that the loser keeps."""
YEAR = 365 * 24 * 3600
"""The seconds of a year, for which the management fee is stated."""
DUST = 10**12
"""A millionth of a pool token, in token units.

A side counts as empty if its supply is below this and its value is below twice the minimum liquidity.
"""
MAX_DUST_PRICE = 10**12
"""The greatest token price at which a supply below DUST accepts mints, in whole settlement tokens per whole pool token."""
MAX_PRICE = 2**96 - 1
"""The greatest price, in WAD."""
MAX_BATCH = 2**126
"""The greatest total of one batch, in settlement or token units."""
MAX_SUPPLY = 2**126
"""The greatest supply, in token units. A batch that would raise a supply above it is refunded."""
MAX_TOTAL = 2**120
"""The greatest sum of both sides, in settlement units. A mint that would raise the sum above it is refunded."""
REWARD_CAP_DIVISOR = 36_000_000
"""The divisor in the cap of the keeper's reward: (long + short) * interval / divisor is 0.01 % of the pool per hour."""
SHUTDOWN_DELAY = 14 * 24 * 3600
"""The seconds after a missed rebalance until anyone may close the pool."""
EVM_WORD = 2**256
ZERO_ADDRESS = "0x" + "00" * 20
