"""The numbers that contracts and model share. Source: the specification, sections 3 and 4."""

WAD = 10**18
"""One, for prices, fees and rates."""
Q = 2**128
"""One, for the fraction of its balance that the loser keeps."""
YEAR = 365 * 24 * 3600
"""Seconds that the management fee is stated for."""
DUST = 10**12
"""Token units, a millionth of a pool token: less supply, worth less than twice the minimum liquidity, counts as none."""
MAX_DUST_PRICE = 10**12
"""Whole settlement tokens per whole pool token: above, nobody can join a supply below DUST."""
MAX_PRICE = 2**96 - 1
"""WAD."""
MAX_BATCH = 2**126
"""What may be committed to one batch, settlement or token units."""
MAX_SUPPLY = 2**126
"""Token units: a batch that would raise a supply above is refunded."""
MAX_TOTAL = 2**120
"""Settlement units: a mint that would raise both sides together above is refunded."""
REWARD_CAP_DIVISOR = 36_000_000
"""The keeper's reward is at most (long + short) * interval / this: 0.01 % of the pool per hour."""
SHUTDOWN_DELAY = 14 * 24 * 3600
"""Seconds after a missed rebalance until the pool may be closed."""
EVM_WORD = 2**256
ZERO_ADDRESS = "0x" + "00" * 20
