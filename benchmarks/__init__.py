"""Measurements: deltarule beside its rivals (`make bench`), its defaults on real tables (`make tables`),
MNIST (`make mnist`)."""
