"""`python -m deltarule` is `deltarule`."""

import sys

from deltarule.cli import main

if __name__ == "__main__":
    sys.exit(main())
