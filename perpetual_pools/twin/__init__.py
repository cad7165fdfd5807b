"""Twins: a contract and its model, side by side. Each action is done on both, and then everything is compared.

- `pool`, `farm` and `pair` have the twins.
- `comparison` compares, and has `Difference`: the error that names values that differ.
- `chain` describes the chain that twins need. `anvil` is the one that Ape is connected to.
"""
