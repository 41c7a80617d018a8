# SPDX-License-Identifier: Apache-2.0
"""Protein sequences of the example database in Debian's ``mmseqs2-examples``."""

from __future__ import annotations

import gzip
import itertools
from typing import TYPE_CHECKING

import numpy as np

from bochner.training._packages import package_files
from bochner.training._rows import Sequences, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_FILES = {"mmseqs2-examples": ["usr/share/doc/mmseqs2/example-data/DB.fasta.gz"]}
# Residues are letters: 20 amino acids, and the codes of what is rare or unknown.
_LETTERS = 26
# Every so many-th sequence is held out.
_HELD_OUT = 10


def _sequences(path: Path) -> list[NDArray[np.uint8]]:
    """Of a FASTA file, A as 0 to Z as 25."""
    found = []
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    starts = [i for i, line in enumerate(lines) if line.startswith(b">")]
    for first, end in itertools.pairwise([*starts, len(lines)]):
        residues = b"".join(lines[first + 1 : end]).strip().upper().rstrip(b"*")
        tokens = np.frombuffer(residues, np.uint8) - ord("A")
        if tokens.size == 0 or tokens.max() >= _LETTERS:
            name = lines[first][1:].partition(b" ")[0].decode(errors="replace")
            raise ValueError(f"proteins: {path} has no letters, or others too, in {name}")
        found.append(tokens)
    return found


def load(folder: Path, length: int) -> Sequences:
    """Sequences in pieces of at most `length` residues; every tenth sequence is held out."""
    (path,) = package_files("proteins", folder, _FILES)
    sequences = _sequences(path)
    return Sequences(
        rows_of([s for i, s in enumerate(sequences) if i % _HELD_OUT != 0], length),
        rows_of(sequences[::_HELD_OUT], length),
        vocabulary=_LETTERS,
    )
