# SPDX-License-Identifier: Apache-2.0
"""Two workers of Dask's, and two ranks of MPI, against one process of two threads.

Usage: compare.py FOLDER [--quick]
  FOLDER  with colorado.csv (bench/data/fetch.sh), for arrays made of it, too

Prints `name value bar verdict` for each bar; times are of whole fits, solution included, ratios
medians of alternating pairs.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

import bochner as bo
from bochner.dask import fit_ridge

FOLDER, QUICK = Path(sys.argv[1]), "--quick" in sys.argv
SPEC = bo.FeatureMapSpec(6, 512 if QUICK else 2048, seed=1)
RIDGE = 1e-5
PAIRS = 1 if QUICK else 3
PARTITIONS = 4  # two a worker
RANKS = 2


def report(name, value, bar, holds, remark=""):
    print(f"{name} {value:.3g} {bar} {'holds' if holds else 'short'} {remark}".rstrip(), flush=True)


def data():
    """Standardised inputs and targets, in files of NumPy's."""
    files = [FOLDER / f"colorado_{name}.npy" for name in "xy"]
    if not all(file.exists() for file in files):
        table = np.loadtxt(FOLDER / "colorado.csv", delimiter=",", skiprows=1)
        scales = np.array([2.0, 2.0, 1000.0, 50.0, 1.5, 1.5])
        x = ((table[:, :6] - table[:, :6].mean(axis=0)) / scales).astype(np.float32)
        for file, array in zip(files, (x, table[:, 6].astype(np.float32)), strict=True):
            np.save(file, array)
    return files


def seconds(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def alone(x, y):
    """The same in one process of two threads."""
    sums = bo.NormalEquations(SPEC, target_offset=float(y.mean()), dtype=x.dtype)
    sums.add(x, y, num_threads=2)
    return bo.RidgeRegression(sums, ridge=RIDGE, num_threads=2)


def ratio(ours, theirs):
    """Median of the ratios of alternating pairs, the medians of both, and the last results."""
    times, last = [], [None, None]
    for i in range(PAIRS):
        order = (0, 1) if i % 2 == 0 else (1, 0)
        pair = [0.0, 0.0]
        for side in order:
            pair[side], last[side] = (ours, theirs)[side]()
        times.append(pair)
    medians = [statistics.median(side) for side in zip(*times, strict=True)]
    return statistics.median(a / b for a, b in times), *medians, *last


def agree(x, found, expected):
    """The largest difference of predictions, over the largest."""
    rows = np.ascontiguousarray(x[::97])
    a, b = found.predict(rows), expected.predict(rows)
    return float(np.abs(a - b).max() / np.abs(b).max())


def on_dask(x, y):
    rows = -(-len(x) // PARTITIONS)
    parts, targets = da.from_array(x, chunks=(rows, 6)), da.from_array(y, chunks=rows)
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=2, **options) as cluster, Client(cluster) as client:
        client.run(lambda: __import__("bochner.dask"))  # imports are not part of a fit
        value, ours, theirs, found, expected = ratio(
            lambda: seconds(lambda: fit_ridge(SPEC, parts, targets, ridge=RIDGE)),
            lambda: seconds(lambda: alone(x, y)),
        )
    print(
        f"# dask_overhead: {len(x)} rows in {PARTITIONS} partitions, D = {SPEC.num_features}: two "
        f"workers {ours:.2f} s, one process of two threads {theirs:.2f} s; predictions within "
        f"{agree(x, found, expected):.1e}"
    )
    report("dask_overhead", value, "<=1.25", value <= 1.25)


def ranks(files, model):
    """What the ranks say of one fit: seconds, bytes sent, peaks."""
    launcher = Path(sys.executable).with_name("mpirun")
    command = str(launcher) if launcher.exists() else shutil.which("mpirun")
    allowed = {
        f"{who}_ALLOW_RUN_AS_ROOT{how}": "1" for who in ("OMPI", "PRTE") for how in ("", "_CONFIRM")
    }
    program = Path(__file__).with_name("ranks.py")
    said = subprocess.run(
        [command, "-n", str(RANKS), sys.executable, program, str(SPEC), str(RIDGE), *files, model],
        env={**os.environ, **allowed, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return json.loads(said)


def on_mpi(x, y, files):
    model = FOLDER / "mpi.safetensors"
    said = []

    def ours():
        said.append(ranks(files, model))
        return said[-1]["seconds"], None

    value, ours_s, theirs, _, expected = ratio(ours, lambda: seconds(lambda: alone(x, y)))
    difference = agree(x, bo.RidgeRegression.load(model), expected)
    print(
        f"# mpi_overhead: two ranks of one thread {ours_s:.2f} s, one process of two threads "
        f"{theirs:.2f} s; predictions within {difference:.1e}"
    )
    report("mpi_overhead", value, "<=1.1", value <= 1.1)
    columns = SPEC.num_features + 2
    sent = max(said[-1]["sent"])
    value = sent / (8 * columns**2 / 2)
    report("traffic", value, "<=1.1", value <= 1.1, f"{sent / 2**20:.1f} MiB a rank")
    sums = 8 * columns**2 / 2**20
    peak = max(max(one["peaks"]) for one in said)
    value = peak - sums
    report(
        "memory",
        value,
        "<=300",
        value <= 300,
        f"MiB beside the sums, which are {sums:.0f}; peak {peak:.0f}",
    )


def main():
    files = data()
    x, y = (np.load(file) for file in files)
    print(f"# dask {dask.__version__}, numpy {np.__version__}, {os.cpu_count()} cores")
    on_dask(x, y)
    on_mpi(x, y, files)


if __name__ == "__main__":  # workers import this file
    main()
