"""What runs a deployed system from day to day, beyond scheduling: what is to be sent, from the record and the chain.

Each operation reads the account's nonce before the state that its calls rest on, and leaves out what is so already. So it
can be interrupted and run again, and does nothing twice.
"""
