"""What holds for every test."""

from __future__ import annotations

import os
import signal

# a shell's background jobs ignore Ctrl-C, and so would all that the tests press it on: they would never end
signal.signal(signal.SIGINT, signal.default_int_handler)

# pytest's workers say 80: lines would be broken there which a pipe gets whole
os.environ.pop("COLUMNS", None)
