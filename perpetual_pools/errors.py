"""The base class of every error that this package raises on purpose.

Its message says what is wrong and what to do about it, in words that an operator can act on. Commands catch this class
and print the message; every other exception is a fault of ours and keeps its traceback.
"""


class PerpetualPoolsError(Exception):
    """Something that the caller can put right; the message says how."""
