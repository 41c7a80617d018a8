# SPDX-License-Identifier: Apache-2.0
"""What a run over many ranks would take, from this machine's rates and a network's.

Usage: model.py [--quick]

Rates are measured in one process of one thread; latency and bandwidth between two processes here.
The model is then held against runs of two ranks (as many as there are cores, at most four) of a
length that it has not seen, and drawn to 10,000 ranks for networks of given latency and bandwidth.
Prints `name value bar verdict` for each bar.
"""

import datetime
import os
import statistics
import sys
import tempfile
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from costs import (
    Attention,
    Network,
    Ridge,
    chain,
    require_alike,
    scan,
    simulated_chain,
    simulated_scan,
    simulated_tree,
    tree,
)

import bochner as bo
import bochner.torch as bt
from bochner.torch._fused_spans import Layer

QUICK = "--quick" in sys.argv
HEADS, DIM, FREQUENCIES = 8, 64, 256
RIDGE_FEATURES, RIDGE_DIM = (512, 8) if QUICK else (4096, 8)
SEEN, HELD_OUT = (4096, 8192) if QUICK else (16384, 65536)
REPEATS = 3 if QUICK else 7
NETWORKS = (
    Network("2 us, 25 GB/s", 2e-6, 25e9),
    Network("50 us, 1.25 GB/s", 50e-6, 1.25e9),
)
RANKS = (1, 10, 100, 1000, 10000)
TOKENS, ROWS = 1e9, 1e12
SPREAD = 0.05  # standard deviation of the logarithm of a rank's speed


def note(text):
    print(f"# {text}", flush=True)


def median_seconds(work):
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def specs():
    kernel = bo.SoftmaxKernel.for_dimension(DIM)
    base = bo.FeatureMapSpec(DIM, FREQUENCIES, kernel, features=bo.PositiveFeatures(), seed=1)
    return bo.head_specs(base, 0, HEADS)


def rows(length):
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(3, 1, HEADS, length, DIM, generator=generator))


def attention_rates():
    """Of one head, from calls of all of them."""
    maps = [bo.FeatureMap(spec) for spec in specs()]
    q, k, v = (x.numpy() for x in rows(SEEN))

    def fresh():
        return bo.AttentionState(maps, 1, HEADS, DIM)

    per = SEEN * HEADS
    advance = median_seconds(lambda: fresh().advance(q, k, v, num_threads=1)) / per
    append = median_seconds(lambda: fresh().append(k, v, num_threads=1)) / per
    layer = Layer((maps[0],), 1, 1, DIM, "float32", 0, [])
    state = layer.state().append(k[:, :1], v[:, :1], num_threads=1)
    handle = median_seconds(lambda: layer.unpacked(layer.packed(state)))
    return Attention(advance, append, handle, HEADS, FREQUENCIES, DIM)


def ridge_rates():
    features = bo.FeatureMap(bo.FeatureMapSpec(RIDGE_DIM, RIDGE_FEATURES // 2, seed=1))
    count = 4 * 1024
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(count, RIDGE_DIM)).astype(np.float32), rng.normal(size=count)
    y = y.astype(np.float32)
    row = median_seconds(
        lambda: bo.NormalEquations(features, dtype="float32").add(x, y, num_threads=1)
    )
    sums = bo.NormalEquations(features, dtype="float32").add(x, y, num_threads=1)
    other = sums.copy()
    merge = median_seconds(lambda: other.merge(sums))
    solve = median_seconds(lambda: bo.RidgeRegression(sums, ridge=1e-3, num_threads=1))
    return Ridge(row / count, merge, solve, features.num_features)


def start(rank, store, ranks):
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        store=dist.FileStore(store, ranks),
        rank=rank,
        world_size=ranks,
        timeout=datetime.timedelta(seconds=600),
    )


def network_rank(rank, store, answers):
    """Half of what a small message and a large one take to and fro."""
    start(rank, store, 2)

    def to_and_fro(size):
        tensor = torch.zeros(size, dtype=torch.uint8)

        def once():
            (dist.send if rank == 0 else dist.recv)(tensor, 1 - rank)
            (dist.recv if rank == 0 else dist.send)(tensor, 1 - rank)

        return median_seconds(once) / 2

    small, large = to_and_fro(8), to_and_fro(1 << 23)
    if rank == 0:
        answers.put((small, large))
    dist.barrier()


def attention_rank(rank, store, answers, ranks):
    """Seconds of causal attention over `HELD_OUT` tokens."""
    start(rank, store, ranks)
    text = bt.spec_text(specs())
    x = [each.chunk(ranks, 2)[rank] for each in rows(HELD_OUT)]

    def once():
        dist.barrier()
        bt.sequence_parallel_attention(text, *x, causal=True)
        dist.barrier()

    with torch.no_grad():
        seconds = median_seconds(once)
    if rank == 0:
        answers.put(seconds)
    dist.barrier()


def of_processes(program, ranks, *arguments):
    answers = mp.get_context("spawn").SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        mp.spawn(program, args=(store, answers, *arguments), nprocs=ranks)
    return answers.get()


def held_out(cost, here):
    """Runs that the rates are not from."""
    worst = 0.0
    note("| ranks | tokens | predicted, s | measured, s | predicted / measured |")
    note("|---|---|---|---|---|")
    for ranks in range(1, min(4, os.cpu_count()) + 1):
        measured = of_processes(attention_rank, ranks, ranks)
        predicted = chain(cost, here, HELD_OUT, ranks)
        worst = max(worst, abs(predicted / measured - 1.0))
        note(
            f"| {ranks} | {HELD_OUT} | {predicted:.3g} | {measured:.3g} | "
            f"{predicted / measured:.2f} |"
        )
    verdict = "holds" if worst <= 0.2 else "short"
    print(f"scaling_model {worst:.2g} <=0.2 {verdict} largest relative error", flush=True)


def drawn(name, form, simulation, cost, amount, network):
    """A row per number of ranks: seconds, efficiency, and how much slower uneven ranks are."""
    note(f"| {name}, {network.name}: ranks | seconds | efficiency | with uneven ranks |")
    note("|---|---|---|---|")
    alone = form(cost, network, amount, 1)
    for ranks in RANKS:
        seconds = form(cost, network, amount, ranks)
        speeds = np.exp(SPREAD * np.random.default_rng(ranks).normal(size=ranks))
        uneven = simulation(cost, network, amount, ranks, speeds)
        efficiency = alone / (ranks * seconds)
        note(f"| {ranks} | {seconds:.3g} | {efficiency:.2f} | {uneven / seconds:.2f} |")


def main():
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    small, large = of_processes(network_rank, 2)
    here = Network("between two processes here", small, (1 << 23) / max(large - small, 1e-9))
    attention, ridge = attention_rates(), ridge_rates()
    require_alike(attention, ridge, here)
    note(f"{here.name}: {1e6 * here.latency:.0f} us, {here.bandwidth / 1e9:.2f} GB/s (gloo)")
    note(
        f"attention, a token and head of {DIM}, D = {FREQUENCIES}: {1e9 * attention.advance:.0f} "
        f"ns, its key alone {1e9 * attention.append:.0f} ns; a state of {attention.state} bytes is "
        f"handed on in {1e3 * attention.handle:.2f} ms"
    )
    note(
        f"ridge regression, D = {ridge.features}: a row {1e6 * ridge.row:.1f} us, sums of "
        f"{ridge.sums / 2**20:.0f} MiB merged in {1e3 * ridge.merge:.0f} ms, solved in "
        f"{ridge.solve:.2g} s"
    )
    held_out(attention, here)
    for network in NETWORKS:
        drawn("chain", chain, simulated_chain, attention, TOKENS, network)
        drawn("scan", scan, simulated_scan, attention, TOKENS, network)
        drawn("ridge", tree, simulated_tree, ridge, ROWS, network)


if __name__ == "__main__":  # ranks import this file
    main()
