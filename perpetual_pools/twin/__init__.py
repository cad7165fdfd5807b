"""Contracts beside their models: every action is done on both, then everything is compared.

`pool` and `farm` hold the twins, `chain` is what they need of a chain, `anvil` the one that Ape is connected to.
"""
