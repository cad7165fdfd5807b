"""What runs a deployed system from day to day: one module for what each command of `ape run` decides to send.

`calls` has the calls and how they are sent, `markets` chooses pools of a record, `schedule_report` shows a schedule.

Each operation finds its calls as of one block and leaves out what is done already. The account's nonce is of the same block,
so an operation can be interrupted and run again, and sends nothing twice (`perpetual_pools.chain.sending`).
"""
