# SPDX-License-Identifier: Apache-2.0
"""Bytes of Debian's manuals, from their own packages."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np

from bochner.training._packages import package_files
from bochner.training._rows import Sequences, rows_of

if TYPE_CHECKING:
    from pathlib import Path

_FILES = {
    "debian-reference-en": ["usr/share/debian-reference/debian-reference.en.txt.gz"],
    "debian-policy": ["usr/share/doc/debian-policy/policy.txt.gz"],
    "developers-reference": ["usr/share/developers-reference/developers-reference.txt.gz"],
    "debian-faq": ["usr/share/doc/debian/FAQ/debian-faq.en.txt.gz"],
}
# Of each manual, from its end.
_HELD_OUT = 0.1


def load(folder: Path, length: int) -> Sequences:
    """The four manuals in pieces of `length` bytes; the last tenth of each is held out."""
    manuals = [
        np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)
        for path in package_files("text", folder, _FILES)
    ]
    cuts = [round((1 - _HELD_OUT) * len(manual)) for manual in manuals]
    return Sequences(
        rows_of([manual[:cut] for manual, cut in zip(manuals, cuts, strict=True)], length),
        rows_of([manual[cut:] for manual, cut in zip(manuals, cuts, strict=True)], length),
        vocabulary=256,
    )
