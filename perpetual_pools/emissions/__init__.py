"""The programme of TCR emissions: the amount of each week (`amounts`), its table (`preview`) and its picture (`chart`).

`perpetual_pools.operations.schedule` puts the amounts on the farm.
"""
