"""The equations at the speed of the machine: compiled by Numba at first use, kept on disk."""
