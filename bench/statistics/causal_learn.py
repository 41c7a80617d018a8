# SPDX-License-Identifier: Apache-2.0
"""Power of the conditional test against causal-learn's KCI and RCIT, and time against KCI.

Usage: causal_learn.py [--quick]

x and y owe a function of z to z, and a part of their noise to each other; all tests see the same
rows and reject at level 0.05. Prints `name value bar verdict` for each bar; times are medians of
calls in turn, in one process.
"""

import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
from causallearn.utils.KCI.KCI import KCI_CInd
from causallearn.utils.RCIT.RCIT import RCIT

import bochner as bo

QUICK = "--quick" in sys.argv
LEVEL, ROWS, SIMULATIONS = 0.05, 400, 20 if QUICK else 200
# How much of their noise x and y share, by what is asked.
LINKS = {"level": 0.0, "power": 0.45}


def report(name, value, bar, holds, remark=""):
    print(f"{name} {value:.3g} {bar} {'holds' if holds else 'short'} {remark}".rstrip(), flush=True)


def rows(n, dimension, link, seed):
    rng = np.random.default_rng([seed, dimension])
    z = rng.standard_normal((n, dimension))
    common = z.sum(axis=1) / np.sqrt(dimension)
    shared = link * rng.standard_normal(n)
    x = np.tanh(common + rng.standard_normal(n) + shared)
    y = (common + rng.standard_normal(n) + shared) ** 3 / 3
    return x[:, None], y[:, None], z


def ours(test):
    def p_value(x, y, z, seed):
        return bo.conditional_independence_test(x, y, z, test=test, seed=seed).combined_p_value

    return p_value


def kci(x, y, z, seed):
    np.random.seed(seed)  # noqa: NPY002 (what causal-learn draws from)
    return KCI_CInd().compute_pvalue(x, y, z)[0]


def rcit(x, y, z, seed):
    np.random.seed(seed)  # noqa: NPY002
    return RCIT().compute_pvalue(x, y, z)[0]


TESTS = {"rcot": ours("rcot"), "rcit": ours("rcit"), "kci": kci, "causal_learn_rcit": rcit}


def rejections(dimension, link):
    """The share of simulations in which each test rejects."""
    counts = dict.fromkeys(TESTS, 0)
    for seed in range(SIMULATIONS):
        sample = rows(ROWS, dimension, link, seed)
        for name, p_value in TESTS.items():
            counts[name] += p_value(*sample, seed) <= LEVEL
    return {name: count / SIMULATIONS for name, count in counts.items()}


def measure_power():
    print("# | x and y | columns of z | " + " | ".join(TESTS) + " |")
    print("# |---|---|" + "---|" * len(TESTS), flush=True)
    margins = {"kci": [], "causal_learn_rcit": []}
    for question, link in LINKS.items():
        for dimension in (1, 5):
            shares = rejections(dimension, link)
            print(
                f"# | {'independent' if link == 0 else 'dependent'} | {dimension} | "
                + " | ".join(f"{share:.3f}" for share in shares.values())
                + " |",
                flush=True,
            )
            if question == "power":
                best = max(shares["rcot"], shares["rcit"])
                for peer, found in margins.items():
                    found.append(best - shares[peer])
    for peer, found in margins.items():
        value = min(found)
        report(
            f"power_above_{peer}",
            value,
            ">=0",
            value >= 0,
            f"share of {SIMULATIONS} simulations of {ROWS} rows, worst of 1 and 5 columns of z",
        )


def measure_time():
    n = 500 if QUICK else 2000
    sample = rows(n, 5, 0.0, 1)
    mine, peer = [], []
    for _ in range(3):
        for call, times in ((TESTS["rcot"], mine), (kci, peer)):
            start = time.perf_counter()
            call(*sample, 1)
            times.append(time.perf_counter() - start)
    a, b = statistics.median(mine), statistics.median(peer)
    print(f"# time_vs_kci: {n} rows, z of 5 columns, ours {a:.3g} s for ten draws, KCI {b:.3g} s")
    report("time_vs_kci", b / a, ">=20", b / a >= 20)


print(f"# causal-learn {version('causal-learn')}, numpy {np.__version__}")
measure_power()
measure_time()
