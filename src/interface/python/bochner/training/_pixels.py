# SPDX-License-Identifier: Apache-2.0
"""Fashion-MNIST as sequences of 784 pixels, from Debian's ``dataset-fashion-mnist``."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np

from bochner.training._packages import package_files
from bochner.training._rows import Sequences, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LENGTH = 784

_PATH = "usr/share/datasets/fashion-mnist"
_FILES = {
    "dataset-fashion-mnist": [
        f"{_PATH}/{part}-{kind}-ubyte.gz"
        for part in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    ]
}


def _bytes(path: Path) -> NDArray[np.uint8]:
    """An IDX file of bytes: two zeros, 8, the number of axes, their extents, the bytes."""
    with gzip.open(path) as file:
        content = file.read()
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"pixels: {path} is no IDX file of bytes")
    start = 4 + 4 * content[3]
    shape = np.frombuffer(content[4:start], ">u4").astype(int)
    found = np.frombuffer(content, np.uint8, offset=start)
    if found.size != shape.prod():
        raise ValueError(f"pixels: {path} has {found.size} bytes, expected {shape.prod()}")
    return found.reshape(shape)


def load(folder: Path, length: int) -> Sequences:
    """Images row by row: 60,000 to train on and 10,000 held out, of 10 classes [Xiao17]."""
    paths = package_files("pixels", folder, _FILES)
    images, labels, held_images, held_labels = (_bytes(path) for path in paths)
    return Sequences(
        rows_of(images.reshape(len(images), -1)[:, :length], length, labels),
        rows_of(held_images.reshape(len(held_images), -1)[:, :length], length, held_labels),
        vocabulary=256,
        classes=10,
    )
