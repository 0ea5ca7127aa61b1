"""How θ moves: one rule a file, one loop, named outcomes."""
