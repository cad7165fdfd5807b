"""Twins: a contract and its model. Each action runs on both, and then everything is compared.

`pool`, `farm` and `pair` have the twins, and `comparison` compares. `chain` is the interface of a chain that they need, and
`anvil` implements it for the chain that Ape is connected to. `artifacts` reads compiled contracts without Ape.
"""
