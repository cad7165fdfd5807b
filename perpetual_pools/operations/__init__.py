"""What runs a deployed system from day to day, beyond scheduling: what is to be sent, from the record and the chain.

Each operation finds its calls as of one block, of which the account's nonce is too, and leaves out what is so already. So it
can be interrupted and run again, and does nothing twice (`perpetual_pools.chain.sending`).
"""
