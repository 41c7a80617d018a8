# SPDX-License-Identifier: Apache-2.0
"""Reads PyTorch checkpoints, both formats, into NumPy arrays, without PyTorch.

A checkpoint is a pickle, and a pickle may name any function. This reader knows four names, which
become plain values; any other is refused before it is looked up.
"""

import io
import math
import pickle
import zipfile
from typing import NamedTuple

import numpy as np


class Storage(NamedTuple):
    key: str
    dtype: np.dtype


class Tensor(NamedTuple):
    storage: Storage
    offset: int
    size: tuple


class Names(dict):
    """The dictionary of a model; what else is attached to it is dropped."""

    def __setstate__(self, state):
        pass


def rebuild(storage, offset, size, strides, *_):
    contiguous = tuple(math.prod(size[i + 1 :]) for i in range(len(size)))
    if tuple(strides) != contiguous or offset < 0:
        raise pickle.UnpicklingError(f"a tensor of size {size} has strides {strides}")
    return Tensor(storage, offset, tuple(size))


KNOWN = {
    ("collections", "OrderedDict"): Names,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
}


class Records(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a tensor")
        return KNOWN[module, name]

    def persistent_load(self, identity):
        _, dtype, key, *_ = identity
        return Storage(key, dtype)


def tensors(blob):
    """The tensors of a checkpoint by name."""
    file = io.BytesIO(blob)
    if zipfile.is_zipfile(file):
        archive = zipfile.ZipFile(file)
        pickled = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        records = Records(io.BytesIO(archive.read(pickled))).load()
        folder = pickled.removesuffix("data.pkl")
        raw = {
            t.storage.key: archive.read(f"{folder}data/{t.storage.key}") for t in records.values()
        }
    else:
        file.seek(0)
        for _ in range(3):  # a magic number, the format's version, sizes of types
            Records(file).load()
        records = Records(file).load()
        dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in records.values()}
        raw = {}
        for key in Records(file).load():
            count = int.from_bytes(file.read(8), "little")
            raw[key] = file.read(count * dtypes[key].itemsize)
    arrays = {}
    for name, (storage, offset, size) in records.items():
        whole = np.frombuffer(raw[storage.key], storage.dtype)
        arrays[name] = whole[offset : offset + math.prod(size)].reshape(size)
    return arrays
