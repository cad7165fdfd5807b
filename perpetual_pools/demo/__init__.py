"""The demo: four markets on a local chain, beside the exact model. Run as ``python -m perpetual_pools.demo``."""
