"""The demo: four markets and their liquidity mining on a local chain. Run as ``python -m perpetual_pools.demo``."""
