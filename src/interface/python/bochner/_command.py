# SPDX-License-Identifier: Apache-2.0
"""The command ``bochner``, which the wheel carries."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(__file__).parent / "bin" / "bochner"


def main() -> NoReturn:
    """Become the command line's program, with the arguments of this process."""
    if not PROGRAM.exists():
        sys.exit(f"bochner: {PROGRAM} is not there: the package was built without the command line")
    os.execv(PROGRAM, ["bochner", *sys.argv[1:]])
