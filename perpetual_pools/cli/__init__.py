"""The commands of `ape run`: one module for each, beside what they share.

`scripts/` has a stub for each command, because Ape looks for commands there and executes every file in it twice per run. So
a module that a stub imports loads nothing but click and Ape's own options; it imports the rest inside its functions.

- `command`: the base class, the options, and how commands connect, speak, choose an account and fail.
- `operation`: how every command that sends finds, shows, asks, sends and reports.
"""
