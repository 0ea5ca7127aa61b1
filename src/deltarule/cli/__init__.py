"""The command line: one command a file, all of them gathered in `main.py`."""

from deltarule.cli.main import main

__all__ = ["main"]
