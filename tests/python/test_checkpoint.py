# SPDX-License-Identifier: Apache-2.0
"""The reader of checkpoints in bench/attention_heads: tensors of foreign files, nothing else."""

import collections
import importlib.util
import io
import math
import os
import pickle
import sys
import types
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

PATH = Path(__file__).parents[2] / "bench/attention_heads/checkpoint.py"
SPEC = importlib.util.spec_from_file_location("checkpoint", PATH)
checkpoint = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(checkpoint)


class Storage(NamedTuple):
    key: str


class Tensor(NamedTuple):
    key: str
    offset: int
    size: tuple
    strides: tuple


RAW = {"0": np.arange(12, dtype=np.float32), "1": np.array([2.5], dtype=np.float32)}
TENSORS = {
    "a": Tensor("0", 2, (2, 3), (3, 1)),
    "b": Tensor("0", 0, (12,), (1,)),
    "c": Tensor("1", 0, (), ()),
}


@pytest.fixture
def torch(monkeypatch):
    """The names of PyTorch that its checkpoints hold."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    utils._rebuild_tensor_v2 = types.FunctionType((lambda: None).__code__, {})
    utils._rebuild_tensor_v2.__module__ = "torch._utils"
    utils._rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    torch._utils = utils
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return torch


def pickled(torch, tensors):
    """The pickle of a model, as PyTorch writes it."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if isinstance(item, Storage):
                return "storage", torch.FloatStorage, item.key, "cpu", len(RAW[item.key]), None
            return None

        def reducer_override(self, item):
            if isinstance(item, Tensor):
                arguments = (Storage(item.key), *item[1:], False, collections.OrderedDict())
                return torch._utils._rebuild_tensor_v2, arguments
            return NotImplemented

    model = collections.OrderedDict(tensors)
    model._metadata = {"version": 1}
    out = io.BytesIO()
    Pickler(out, protocol=2).dump(model)
    return out.getvalue()


def archive(model):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/data.pkl", model)
        for key, raw in RAW.items():
            file.writestr(f"archive/data/{key}", raw.tobytes())
    return out.getvalue()


def stream(model):
    """The format before archives: four pickles, the keys, and each storage behind its length."""
    head = b"".join(pickle.dumps(x, protocol=2) for x in (0x1950A86A20F9469CFC6C, 1001, {"int": 4}))
    parts = [head, model, pickle.dumps(list(RAW), protocol=2)]
    for raw in RAW.values():
        parts += [len(raw).to_bytes(8, "little"), raw.tobytes()]
    return b"".join(parts)


@pytest.mark.parametrize("layout", [archive, stream])
def test_tensors_come_back(torch, layout):
    read = checkpoint.tensors(layout(pickled(torch, TENSORS)))
    assert list(read) == list(TENSORS)
    for name, tensor in TENSORS.items():
        end = tensor.offset + math.prod(tensor.size)
        expected = RAW[tensor.key][tensor.offset : end].reshape(tensor.size)
        assert read[name].dtype == np.float32
        np.testing.assert_array_equal(read[name], expected, strict=True)


class Command:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("layout", [archive, stream])
def test_other_names_are_refused_before_anything_runs(tmp_path, layout):
    folder = str(tmp_path / "made")
    with pytest.raises(pickle.UnpicklingError, match="mkdir is not part of a tensor"):
        checkpoint.tensors(layout(pickle.dumps({"a": Command(folder)}, protocol=2)))
    assert not os.path.exists(folder)


@pytest.mark.parametrize(
    "tensor",
    [Tensor("0", 0, (2, 3), (1, 2)), Tensor("0", -3, (3,), (1,))],
    ids=["turned", "early"],
)
def test_views_that_are_not_rows_are_refused(torch, tensor):
    with pytest.raises(pickle.UnpicklingError, match="strides"):
        checkpoint.tensors(archive(pickled(torch, {"a": tensor})))


def test_a_tensor_beyond_its_storage_is_refused(torch):
    with pytest.raises(ValueError, match="reshape"):
        checkpoint.tensors(archive(pickled(torch, {"a": Tensor("0", 8, (2, 3), (3, 1))})))
