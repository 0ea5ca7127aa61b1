"""The lecture: symbols, derivations, checks and exercises, for any network."""
