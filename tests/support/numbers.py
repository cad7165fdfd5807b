"""Numbers to try functions with."""

from random import Random


def any_size(random: Random, lowest: int, highest: int) -> int:
    """From `lowest` to `highest`, each order of magnitude as likely as any other; now and then one of the two ends."""
    if random.random() < 0.02:
        return random.choice((lowest, highest))
    bits = random.randint(lowest.bit_length(), highest.bit_length())
    return min(max(random.getrandbits(bits) | (1 << bits >> 1), lowest), highest)
