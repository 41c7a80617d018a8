# SPDX-License-Identifier: Apache-2.0
"""The command ``bochner``, which the wheel carries."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(__file__).parent / "bin" / "bochner"


def main() -> NoReturn:
    """Become the command line's program, with the arguments of this process.

    ``bochner study`` is Python's, since it trains models with PyTorch.
    """
    if sys.argv[1:2] == ["study"]:
        try:
            from bochner.training._study_command import main as study
        except ImportError as error:
            sys.exit(f"bochner study: {error}")
        sys.exit(study(sys.argv[2:]))
    if not PROGRAM.exists():
        sys.exit(f"bochner: {PROGRAM} is not there: the package was built without the command line")
    os.execv(PROGRAM, ["bochner", *sys.argv[1:]])
