"""Deploying a whole system from a parameters file, step by step through a record, and checking it afterwards.

`plan` lists the steps; `preflight` compares the chain with the parameters before anything is sent; `system` sends what
is missing; `resume` decides whether an unfinished record can be continued; `rehearsal` is the dry run; `check` compares
chain, record and parameters afterwards; `explorer` writes what block explorers need to show the sources.
"""
