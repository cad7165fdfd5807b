"""The programme of TCR emissions: the amount of each week (`amounts`), its tables (`preview`) and its chart (`chart`).

`perpetual_pools.operations.schedule` schedules the amounts on the farm.
"""
