# SPDX-License-Identifier: Apache-2.0
"""The Python package against scikit-learn, in one process, in turn.

Usage: compare.py FOLDER CALL [--quick]
  FOLDER  with letter.csv and colorado.csv (bench/data/fetch.sh)
  CALL    the program that times one call in C++ (bench_python_call)

Prints `name value bar verdict` for each bar; times are medians of alternating pairs, ratios theirs
over ours.
"""

import os
import statistics
import subprocess
import sys
import time
from functools import partial

import numpy as np
import sklearn
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_approximation import RBFSampler as TheirSampler
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel

import bochner as bo
from bochner.sklearn import KernelRidge, NystroemRPCholesky, RBFSampler

FOLDER, CALL, QUICK = sys.argv[1], sys.argv[2], "--quick" in sys.argv
THREADS = os.cpu_count()


def report(name, value, bar, holds, remark=""):
    print(f"{name} {value:.3g} {bar} {'holds' if holds else 'short'} {remark}".rstrip(), flush=True)


def seconds(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def pairs(ours, theirs, count):
    """Times of alternating pairs, and the last results of both."""
    times = []
    for i in range(count):
        if i % 2 == 0:
            (a, mine), (b, peer) = seconds(ours), seconds(theirs)
        else:
            (b, peer), (a, mine) = seconds(theirs), seconds(ours)
        times.append((a, b))
    ratio = statistics.median(b / a for a, b in times)
    mine_s, peer_s = (statistics.median(side) for side in zip(*times, strict=True))
    return ratio, mine_s, peer_s, mine, peer


def transform():
    x64 = np.random.default_rng(1).standard_normal((20_000, 64))
    for x in (x64.astype(np.float32), x64):
        ours = RBFSampler(gamma=0.5, n_components=1024, random_state=1).fit(x)
        theirs = TheirSampler(gamma=0.5, n_components=1024, random_state=1).fit(x)
        ours.transform(x), theirs.transform(x)
        ratio, mine, peer, *_ = pairs(
            partial(ours.transform, x), partial(theirs.transform, x), 3 if QUICK else 9
        )
        print(
            f"# transform_vs_sklearn, {x.dtype}: ours {1e3 * mine:.3g} ms, "
            f"theirs {1e3 * peer:.3g} ms"
        )
        report("transform_vs_sklearn", ratio, ">=3", ratio >= 3, str(x.dtype))


def ridge():
    table = np.loadtxt(f"{FOLDER}/colorado.csv", delimiter=",", skiprows=1)[:: 4 if QUICK else 1]
    scales = np.array([2.0, 2.0, 1000.0, 50.0, 1.5, 1.5])
    x = ((table[:, :6] - table[:, :6].mean(axis=0)) / scales).astype(np.float32)
    y = table[:, 6].astype(np.float32)
    train = np.arange(len(y)) % 5 != 0
    penalty, columns = 1e-5, 4096

    def ours():
        model = KernelRidge(
            bo.GaussianKernel(bo.Isotropic(1.0)),
            n_components=columns,
            ridge=penalty,
            random_state=1,
        )
        return model.fit(x[train], y[train])

    def theirs():
        sampler = TheirSampler(gamma=0.5, n_components=columns, random_state=1)
        phi = sampler.fit_transform(x[train])
        return sampler, Ridge(alpha=penalty * train.sum(), solver="cholesky").fit(phi, y[train])

    ratio, mine, peer, model, (sampler, peer_model) = pairs(ours, theirs, 3)
    errors = [
        float(np.sqrt(np.mean((out - y[~train]) ** 2)))
        for out in (model.predict(x[~train]), peer_model.predict(sampler.transform(x[~train])))
    ]
    print(
        f"# ridge_vs_sklearn: {train.sum()} rows, ours {mine:.2f} s, held-out RMSE "
        f"{errors[0]:.4f}; theirs {peer:.2f} s, {errors[1]:.4f}"
    )
    equal = errors[0] <= 1.01 * errors[1]
    report(
        "ridge_vs_sklearn", ratio, ">=2", ratio >= 2 and equal, "" if equal else "error is larger"
    )


def nystroem():
    x = np.loadtxt(f"{FOLDER}/letter.csv", delimiter=",", skiprows=1)[:, :16]
    x = np.ascontiguousarray(x[:: 4 if QUICK else 1])
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    gamma, columns = 1 / 16, 1000
    kernel = bo.GaussianKernel.from_gamma(gamma)

    def ours():
        model = NystroemRPCholesky(kernel, n_components=columns, random_state=1)
        return model.fit_transform(x)

    def theirs():
        model = Nystroem(gamma=gamma, n_components=columns, random_state=1)
        return model.fit_transform(x)

    ratio, mine, peer, a, b = pairs(ours, theirs, 3)
    # The trace of K is the number of rows; what is missing of it is the error.
    missing = [1 - float((phi**2).sum()) / len(x) for phi in (a, b)]
    print(
        f"# nystroem_vs_sklearn: {len(x)} rows, ours {mine:.2f} s, relative trace error "
        f"{missing[0]:.4g}; theirs {peer:.2f} s, {missing[1]:.4g}"
    )
    value = missing[0] / missing[1]
    report("nystroem_vs_sklearn", value, "<=0.8", value <= 0.8, "trace error")
    report("nystroem_time", ratio, ">=1", ratio >= 1)


def call_overhead():
    fm = bo.FeatureMap(bo.FeatureMapSpec(8, 16, seed=1))
    x, out = np.zeros((1, 8), np.float32), np.empty((1, 32), np.float32)
    calls, best = 2000, []
    for _ in range(9):
        start = time.perf_counter()
        for _ in range(calls):
            fm.transform(x, out=out, num_threads=1)
        mine = (time.perf_counter() - start) / calls
        bare = float(subprocess.run([CALL], capture_output=True, text=True, check=True).stdout)
        best.append(1e6 * mine - 1e-3 * bare)
    value = statistics.median(best)
    report("call_overhead", value, "<=3", value <= 3, "us above C++")


def peak(*, reset=False):
    """The largest resident memory of this process in MiB, since the last reset."""
    if reset:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def copies():
    wide = np.random.default_rng(1).standard_normal((200_000, 128)).astype(np.float32)
    x = wide[:, ::2]  # 100 MB apart, half of it read
    fm = bo.FeatureMap(bo.FeatureMapSpec(64, 64, seed=1))
    out = np.empty((len(x), 128), np.float32)
    out[:] = 0  # its pages are there
    fm.transform(x[:1000], out=out[:1000])
    before = peak(reset=True)
    fm.transform(x, out=out)
    value = (peak() - before) / THREADS
    report("copies", value, "<=1", value <= 1, "MiB per thread")


def lottery():
    """scikit-learn's test of the accuracy of its RBFSampler, over seeds."""
    rng = np.random.RandomState(0)
    x, y = rng.random_sample(size=(300, 50)), rng.random_sample(size=(300, 50))
    x /= x.sum(axis=1)[:, np.newaxis]
    y /= y.sum(axis=1)[:, np.newaxis]
    exact = rbf_kernel(x, y, gamma=10.0)

    def passes(kind, seed):
        sampler = kind(gamma=10.0, n_components=1000, random_state=seed)
        error = exact - sampler.fit_transform(x) @ sampler.transform(y).T
        return abs(error.mean()) <= 0.01 and abs(error).max() <= 0.1 and abs(error).mean() <= 0.05

    seeds = 40 if QUICK else 200
    failures = [
        sum(not passes(kind, seed) for seed in range(seeds)) for kind in (RBFSampler, TheirSampler)
    ]
    report("lottery", failures[0], "<=0", failures[0] == 0, f"of {seeds}; theirs {failures[1]}")


print(f"# scikit-learn {sklearn.__version__}, numpy {np.__version__}, {THREADS} threads")
for measure in (transform, ridge, nystroem, call_overhead, copies, lottery):
    measure()
