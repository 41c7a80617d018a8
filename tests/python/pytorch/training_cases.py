# SPDX-License-Identifier: Apache-2.0
"""Tiny packages and tiny models."""

import gzip
import struct

import numpy as np

LENGTH = 24
MODEL = {
    "length": LENGTH,
    "depth": 1,
    "embed_dim": 16,
    "num_heads": 2,
    "num_features": 16,
    "batch": 4,
    "held_out": 6,
    "warmup": 2,
}


def write(folder, package, file, content):
    path = folder / package / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content))
    return path


def idx(array):
    """Bytes of an IDX file."""
    extents = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + extents + array.tobytes()


def pixels(folder, images=12):
    rng = np.random.default_rng(0)
    base = "usr/share/datasets/fashion-mnist"
    for part, count in (("train", images), ("t10k", 6)):
        labels = np.arange(count, dtype=np.uint8) % 10
        shown = rng.integers(0, 100, (count, 28, 28)).astype(np.uint8) + 10 * labels[:, None, None]
        package = "dataset-fashion-mnist"
        write(folder, package, f"{base}/{part}-images-idx3-ubyte.gz", idx(shown.astype(np.uint8)))
        write(folder, package, f"{base}/{part}-labels-idx1-ubyte.gz", idx(labels))


def text(folder):
    words = b"Packages that depend on each other are installed together. "
    for package, file in (
        ("debian-reference-en", "usr/share/debian-reference/debian-reference.en.txt.gz"),
        ("debian-policy", "usr/share/doc/debian-policy/policy.txt.gz"),
        (
            "developers-reference",
            "usr/share/developers-reference/developers-reference.txt.gz",
        ),
        ("debian-faq", "usr/share/doc/debian/FAQ/debian-faq.en.txt.gz"),
    ):
        write(folder, package, file, package.encode() + b": " + 8 * words)


def proteins(folder, last=b""):
    rng = np.random.default_rng(1)
    letters = np.frombuffer(b"ACDEFGHIKLMNPQRSTVWY", np.uint8)
    records = b"".join(
        b">sp|%d|NAME\n" % i + rng.choice(letters, 10 + 3 * i).tobytes() + b"\n" for i in range(20)
    )
    file = "usr/share/doc/mmseqs2/example-data/DB.fasta.gz"
    return write(folder, "mmseqs2-examples", file, records + last)


def packages(folder):
    """All of them."""
    pixels(folder)
    text(folder)
    proteins(folder)
    return folder
