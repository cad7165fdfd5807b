"""Perpetual Pools: the exact model of the contracts, and what scripts, demo and tests share."""
