"""The deployment of a whole system from a parameters file, and the check of the result.

- `plan` lists the steps.
- `preflight` compares the chain with the parameters before anything is sent.
- `system` sends the open steps and records them. `resume` decides whether an unfinished record can be continued.
- `rehearsal` makes a dry run possible.
- `check` compares chain, record and parameters, with the comparisons in `facts` and `expectations`.
- `explorer` writes the files that block explorers need to show the sources.
"""
