"""The lecture: what a dense network computes, as pure functions in plain NumPy."""
