"""The connected chain: contracts, networks, many views in one call, sending, and the AMM."""
