# SPDX-License-Identifier: Apache-2.0
"""Causal attention over a sequence that is cut over two processes, against one process.

Usage: sequence.py [--quick]

One thread each. Prints `name value bar verdict` for the bar; the ratio is the median of alternating
pairs of runs, a run of ranks being from a barrier to the last rank's end. Traffic is what a rank
hands over to be sent.
"""

import datetime
import os
import statistics
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

import bochner as bo
import bochner.torch as bt
from bochner.torch._ranks import Ranks

QUICK = "--quick" in sys.argv
HEADS, DIM, FREQUENCIES = 8, 64, 256
LENGTH = 8192 if QUICK else 65536
TRAFFIC_LENGTHS = (LENGTH // 4, LENGTH)
RANKS = 2
PAIRS = 3 if QUICK else 5


def specs():
    kernel = bo.SoftmaxKernel.for_dimension(DIM)
    base = bo.FeatureMapSpec(DIM, FREQUENCIES, kernel, features=bo.PositiveFeatures(), seed=1)
    return bt.spec_text(bo.head_specs(base, 0, HEADS))


def rows(length):
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(3, 1, HEADS, length, DIM, generator=generator))


class Counting:
    """Counts the bytes that this rank hands over to be sent."""

    def __init__(self):
        self.bytes = 0
        self._exchange, self._send = Ranks.exchange, Ranks.send_bytes
        Ranks.exchange, Ranks.send_bytes = self._counted_exchange(), self._counted_send()

    def _counted_exchange(self):
        def exchange(ranks, sent, received):
            self.bytes += sum(tensor.numel() * tensor.element_size() for tensor, _ in sent)
            return self._exchange(ranks, sent, received)

        return exchange

    def _counted_send(self):
        def send(ranks, data, to):
            self.bytes += len(data)
            return self._send(ranks, data, to)

        return send


def of_ranks(text, x, gradients):
    """Seconds of one call of all ranks, and this rank's result."""
    x = [each.detach().requires_grad_(gradients) for each in x]
    dist.barrier()
    start = time.perf_counter()
    out = bt.sequence_parallel_attention(text, *x, causal=True)
    if gradients:
        out.sum().backward()
    dist.barrier()
    return time.perf_counter() - start, out.detach()


def alone(text, x):
    start = time.perf_counter()
    out = bt.attention(text, *x, causal=True)
    return time.perf_counter() - start, out


def rank_main(rank, store, answers):
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        store=dist.FileStore(store, RANKS),
        rank=rank,
        world_size=RANKS,
        timeout=datetime.timedelta(seconds=600),
    )
    text, counting = specs(), Counting()
    traffic = []
    for gradients in (False, True):
        for length in TRAFFIC_LENGTHS[: 1 if gradients else None]:
            before = counting.bytes
            of_ranks(text, [each.chunk(RANKS, 2)[rank] for each in rows(length)], gradients)
            traffic.append((gradients, length, counting.bytes - before))
    whole = rows(LENGTH)
    x = [each.chunk(RANKS, 2)[rank] for each in whole]
    times, difference = [], 0.0
    with torch.no_grad():
        for _ in range(PAIRS):
            seconds, out = of_ranks(text, x, False)
            times.append([seconds])
            if rank == 0:
                seconds, expected = alone(text, whole)
                times[-1].append(seconds)
                difference = float((out - expected.chunk(RANKS, 2)[0]).abs().max())
            dist.barrier()
        # The last rank's result is the one that came from a state.
        if rank == RANKS - 1:
            _, expected = alone(text, whole)
            mine = expected.chunk(RANKS, 2)[rank]
            difference = float((out - mine).norm() / mine.norm())
    answers.put((rank, times, traffic, difference))
    dist.barrier()


def main():
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    context = mp.get_context("spawn")
    answers = context.SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        mp.spawn(rank_main, args=(store, answers), nprocs=RANKS)
    said = sorted(answers.get() for _ in range(RANKS))
    times, traffic, difference = said[0][1], said[0][2], said[-1][3]
    cut, whole = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"# torch {torch.__version__}, gloo on one machine, {os.cpu_count()} cores")
    print(
        f"# sequence_parallel: {LENGTH} tokens, {HEADS} heads of {DIM}, D = {FREQUENCIES}: two "
        f"ranks of one thread {1e3 * cut:.0f} ms, one process of one thread {1e3 * whole:.0f} ms; "
        f"the last rank within {difference:.1e}"
    )
    state = FREQUENCIES * (DIM + 1)
    for gradients, length, sent in traffic:
        print(
            f"# traffic of rank 0, {length} tokens, {'with' if gradients else 'no'} gradient: "
            f"{sent} bytes, {sent / HEADS:.0f} per head; D (d_v + 1) = {state} numbers are "
            f"{4 * state}"
        )
    value = statistics.median(a / b for a, b in times)
    verdict = "holds" if value <= 0.6 else "short"
    print(f"sequence_parallel {value:.3g} <=0.6 {verdict} two ranks over one process", flush=True)


if __name__ == "__main__":  # ranks import this file
    main()
