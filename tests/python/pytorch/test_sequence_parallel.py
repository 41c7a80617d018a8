# SPDX-License-Identifier: Apache-2.0
"""Runs of two and three processes over gloo: span_ranks.py and span_refusals.py are the checks."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
if not torch.distributed.is_available():
    pytest.skip("this PyTorch has no torch.distributed", allow_module_level=True)

import bochner as bo  # noqa: E402
import bochner.torch as bt  # noqa: E402
from bochner.torch._fused_spans import Layer, Rows  # noqa: E402

FOLDER = Path(__file__).parent


def run(size, *arguments):
    """What each of so many processes printed, and how it ended."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    processes = [
        subprocess.Popen(
            [sys.executable, *(str(each) for each in arguments), str(rank), str(size)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(size)
    ]
    try:
        said = [process.communicate(timeout=600)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return said, [process.returncode for process in processes]


@pytest.mark.parametrize("size", [2, 3])
def test_ranks(size, tmp_path):
    said, codes = run(size, FOLDER / "span_ranks.py", tmp_path / "store")
    assert codes == [0] * size, "\n".join(said)
    for rank, text in enumerate(said):
        assert f"checks of rank {rank} of {size}: ok" in text


LOST = """
import datetime, os, signal, sys, time, torch, bochner as bo, bochner.torch as bt
import torch.distributed as dist
how, store, rank, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
dist.init_process_group("gloo", store=dist.FileStore(store, size), rank=rank, world_size=size,
                        timeout=datetime.timedelta(seconds=5))
kernel = bo.SoftmaxKernel.for_dimension(4)
spec = bo.FeatureMapSpec(4, 8, kernel, features=bo.PositiveFeatures(), seed=1)
x = torch.randn(3, 1, 2, 10, 4)
bt.sequence_parallel_attention(spec, *x, causal=True)
print("together", flush=True)
if rank == 1 and how == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if rank == 1:
    time.sleep(40)
    os._exit(3)
try:
    bt.sequence_parallel_attention(spec, *x, causal=True)
except RuntimeError as error:
    print(str(error).split(": ")[:3], flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize("how", ["killed", "late"])
def test_a_rank_that_is_gone_or_late_is_waited_for_no_longer_than_the_timeout(how, tmp_path):
    start = time.monotonic()
    program = [sys.executable, "-c", LOST, how, str(tmp_path / "store")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    waiting, gone = (
        subprocess.Popen(
            [*program, str(rank), "2"], env=environment, stdout=subprocess.PIPE, text=True
        )
        for rank in range(2)
    )
    try:
        said, _ = waiting.communicate(timeout=120)
    finally:
        waiting.kill()
        gone.kill()
        gone.communicate()
    assert waiting.returncode == 0, said
    expected = ["sequence_parallel_attention", "rank 0", "another rank cannot be reached"]
    assert said.splitlines() == ["together", str(expected)]
    assert time.monotonic() - start < 100


def test_it_asks_for_a_process_group(cases):
    with pytest.raises(ValueError, match=r"expected torch\.distributed\.init_process_group before"):
        bt.sequence_parallel_attention(cases.spec(), *cases.rows())


def test_a_state_that_was_damaged_on_its_way_is_refused(cases):
    spec = cases.spec()
    layer = Layer((bo.FeatureMap(spec),), 1, 1, 5, "float64", 3, [])
    _, keys, values = cases.rows(batch=1, key_heads=1)
    data = layer.packed(Rows(keys, keys, values, None).appended_to(layer.state()))
    assert layer.unpacked(data).length == keys.shape[2]
    for at in (3, len(data) // 2, len(data) - 1):
        damaged = bytearray(data)
        damaged[at] ^= 4
        with pytest.raises((ValueError, OSError)):
            layer.unpacked(bytes(damaged))
