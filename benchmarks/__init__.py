"""Measurements: beside rivals (`make bench`), the defaults on real tables (`make tables`), MNIST (`make mnist`)."""
