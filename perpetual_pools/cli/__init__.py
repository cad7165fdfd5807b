"""The commands of `ape run`, one module each; `command` holds what they share.

`scripts/` has a stub for each, because Ape looks for commands there.
"""
