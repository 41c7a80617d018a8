#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a model or checkpoint with NumPy alone, checks its digest, and prints what it holds.

Usage: read_model.py FILE
"""

import hashlib
import json
import sys

import numpy as np


def read_model(path):
    """(words, arrays) of a file in the safetensors layout; ValueError when it is damaged."""
    with open(path, "rb") as file:
        data = file.read()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    words = header.pop("__metadata__")
    digest = words["sha256"].encode()
    if hashlib.sha256(data.replace(digest, b"0" * 64, 1)).hexdigest().encode() != digest:
        raise ValueError(f"{path}: is damaged")
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        kind = {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]
        arrays[name] = np.frombuffer(data[end + first : end + last], kind).reshape(entry["shape"])
    return words, arrays


if __name__ == "__main__":
    words, arrays = read_model(sys.argv[1])
    for key, word in sorted(words.items()):
        print(f"{key} = {word}")
    for name, array in sorted(arrays.items()):
        print(f"{name}: {array.dtype} {array.shape} sum {float(array.sum(dtype=float))!r}")
