"""What is measured, and against what: the same action of the best peer (None where it has none), and the goal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One action. Gas is a receipt's `gasUsed`."""

    name: str
    peer: int | None
    goal: int


POOLS = [  # the peer is Perpetual Pools V2.1
    Row("upkeep, nothing committed", 321_892, 88_000),
    Row("upkeep, nothing committed, real feed proxies", 338_768, 100_000),
    Row("upkeep, LongMint and ShortMint pending", 364_238, 150_000),
    Row("upkeep, all six kinds pending", 355_882, 180_000),
    Row("marginal pool of 16, a feed each", 259_373, 45_000),
    Row("marginal pool of 16, a shared feed", None, 38_000),
    Row("upkeep after 15 missed intervals, all six kinds pending", 1_176_306, 180_000),
    Row("upkeep, 1,000 commitments of one kind pending", 333_356, 150_000),
    Row("commit LongMint, first of its kind", 233_412, 105_000),
    Row("commit LongMint, kind already there", 199_212, 80_000),
    Row("commit LongMint, same user again", 150_344, 60_000),
    Row("commit LongBurn, kind already there", 200_140, 80_000),
    Row("claim one executed commitment", 129_196, 62_000),
    Row("transfer of a pool token, to a holder", 37_085, 34_150),
    Row("deploy a pool with its two tokens", 1_126_221, 3_500_000),
]

STAKING = [  # the cheapest of Synthetix StakingRewards, MiniChefV2 and UniStaker
    Row("stake, new user", 113_815, 108_000),
    Row("stake again", 79_615, 74_000),
    Row("claim, steady", 71_329, 64_000),
    Row("withdraw a part", 77_044, 72_000),
    Row("exit", 86_347, 82_000),
    Row("claim after 26 weeks untouched", None, 67_200),
    Row("claim with 200 farms", None, 67_200),
]

ROWS = POOLS + STAKING
