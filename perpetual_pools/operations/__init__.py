"""The operation of a deployed system. Each command of `ape run` has a module here, which decides what to send.

`calls` has the calls and sends them, `markets` chooses pools of a record, `schedule_report` shows a schedule.

Each operation finds its calls as of one block and leaves out those that are done already. It reads the account's nonce as
of the same block, so it can be interrupted and run again without sending anything twice (`perpetual_pools.chain.sending`).
"""
