# SPDX-License-Identifier: Apache-2.0
"""How a sequence is cut over ranks, and scans over them, in threads."""

import itertools
import math
import queue
import threading

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")

from bochner.torch._spans import Spans, exclusive_scan


@pytest.mark.parametrize("window", [0, 1, 2, 5, 100])
@pytest.mark.parametrize("counts", [(7,), (4, 6), (0, 3, 1), (2, 0, 0, 9), (0, 0)])
def test_each_pair_is_seen_once(counts, window):
    """Query p sees key j <= p by the window or by sums, and by one of them."""
    spans = Spans(counts, window)
    for rank, count in enumerate(counts):
        boundary, start = spans.boundary(rank), spans.starts[rank]
        assert start - boundary == spans.near(rank) <= max(window - 1, 0)
        assert spans.own(rank) >= 0
        assert sum(spans.own(r) for r in range(rank)) == boundary
        for p in range(start, start + count):
            exact = range(max(p - window + 1, 0), p + 1 if window else p + 1 - window)
            near_sums = range(boundary, max(p - window, boundary - 1) + 1)
            seen = [*range(boundary), *near_sums]
            if window:
                seen += exact
                assert not exact or exact[0] >= boundary
            assert sorted(seen) == list(range(p + 1))
    assert sum(spans.own(r) for r in range(len(counts))) == sum(counts)


@pytest.mark.parametrize("counts", [(4, 6), (1, 1, 1, 1), (3, 0, 2, 5)])
def test_pieces_are_what_is_near(counts):
    spans = Spans(counts, 4)
    for rank in range(len(counts)):
        _, fetched = spans.pieces(rank)
        positions = [p for piece in fetched for p in range(piece.first, piece.end)]
        assert positions == list(range(spans.boundary(rank), spans.starts[rank]))
        for piece in fetched:
            assert piece in spans.pieces(piece.source)[0]
            assert spans.starts[piece.source] <= piece.first < piece.end
            assert piece.end <= spans.starts[piece.source + 1]


def scanned(size, step):
    """What each rank of so many has from a scan of spans of letters, and the rounds it took."""
    boxes = {pair: queue.Queue() for pair in itertools.permutations(range(size), 2)}
    found, rounds = [None] * size, [0] * size

    def run(rank):
        def swap(element, to, source):
            rounds[rank] += 1
            if to is not None:
                boxes[rank, to].put(element)
            return None if source is None else boxes[source, rank].get(timeout=10)

        def join(earlier, last, later, end):
            assert earlier[-1] == last
            assert later[-1] == end
            assert later[0] == last + step
            return earlier + later

        found[rank] = exclusive_scan(rank, size, [rank], swap, join, step)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, rounds


@pytest.mark.parametrize("size", range(1, 10))
def test_scans(size):
    rounds = math.ceil(math.log2(size))
    forward, took = scanned(size, 1)
    assert [f or [] for f in forward] == [list(range(rank)) for rank in range(size)]
    assert took == [rounds] * size
    backward, _ = scanned(size, -1)
    assert [b or [] for b in backward] == [list(range(size - 1, rank, -1)) for rank in range(size)]
