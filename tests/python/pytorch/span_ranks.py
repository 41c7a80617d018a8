# SPDX-License-Identifier: Apache-2.0
"""What the ranks of a process group check of attention over a sequence that is cut over them.

Usage: span_ranks.py STORE RANK SIZE
"""

import datetime

import pytest
import torch
import torch.distributed as dist
from span_cases import (
    COUNTS,
    GRADIENT_TOLERANCE,
    LAST,
    RANK,
    SIZE,
    STORE,
    TOLERANCE,
    UNEVEN,
    compare,
    compare_gradients,
    cut,
    distance,
    refused,
    rows,
    slopes,
)
from span_refusals import REFUSALS
from tensor_cases import Cases

import bochner as bo
import bochner.torch as bt
import bochner.torch._spans as spans
from bochner.torch import sequence_parallel_attention


def outputs_are_those_of_one_process():
    for dtype in TOLERANCE:
        for features in ("positive", "hyperbolic", "hyperbolic-oprf"):
            for causal in (False, True):
                compare(Cases.spec(features), rows(dtype), causal=causal)
        compare(Cases.spec("trigonometric", m=256), rows(dtype, size=0.5), causal=True)
        compare(Cases.spec("trigonometric", m=256), rows(dtype, size=0.5))
    gaussian = Cases.spec(kernel=bo.GaussianKernel(bo.Isotropic(2.0)))
    compare(gaussian, rows(), causal=True)
    compare(gaussian, rows(), causal=True, exact="window=9")


def both_ways_of_states_agree():
    """One state from rank to rank for many heads, a scan for few."""
    for heads in (1, 2, 8):
        x = rows(torch.float32, heads=8, key_heads=heads)
        for options in ({}, {"exact": "window=20"}, {"decay": [0.02] * heads}):
            compare(Cases.spec(), x, backends=["fused"], causal=True, **options)


def windows_and_decay():
    x, spec = rows(), Cases.spec()
    # As long as a row, a span, several spans, and everything.
    for window in (1, 2, 9, 64, 1000):
        compare(spec, x, causal=True, exact=f"window={window}")
    for rates in ([0.05, 0.0], [3.0, 0.4]):
        compare(spec, x, causal=True, decay=rates)
        compare(spec, x, causal=True, decay=rates, exact=bo.ExactPairs(window=7))
    heads = bo.head_specs(spec, layer=0, heads=2)
    compare(heads, x, causal=True, decay=[0.05, 0.1], exact="window=7")
    compare(heads, x)


def gradients_are_those_of_one_process():
    for dtype in GRADIENT_TOLERANCE:
        for options in (
            {},
            {"causal": True},
            {"causal": True, "decay": [0.05, 0.3]},
            {"causal": True, "exact": "window=9", "decay": [0.05, 0.3]},
            {"causal": True, "exact": "window=60"},
        ):
            compare_gradients(Cases.spec(), rows(dtype), **options)
    compare_gradients(Cases.spec("trigonometric", m=256), rows(size=0.5), causal=True)
    heads = bo.head_specs(Cases.spec(), layer=0, heads=2)
    compare_gradients(heads, rows(), causal=True, softmax_scale=0.3)


def ranks_may_have_no_rows():
    for counts in UNEVEN:
        x = rows(counts=counts)
        for options in ({}, {"causal": True}, {"causal": True, "exact": "window=9"}):
            compare(Cases.spec(), x, counts, **options)
            compare_gradients(Cases.spec(), x, counts, **options)


def batches_and_heads_may_be_empty():
    for options in ({"batch": 0}, {"heads": 0, "key_heads": 0}):
        x = [cut(each) for each in rows(**options)]
        for backend in ("fused", "torch"):
            for causal in (False, True):
                found = sequence_parallel_attention(
                    Cases.spec(), *x, causal=causal, backend=backend
                )
                assert found.shape == (*x[0].shape[:3], 5)


def lone_gradients_meet_their_partners():
    """Of queries alone, of keys alone, of values alone; ranks whose results nobody asks for."""
    x, spec = rows(), Cases.spec()
    weights = Cases.rows(keys=sum(COUNTS), key_heads=4, seed=9)[2]
    for wanted in range(3):

        def slope(function, x, weights, wanted=wanted):
            y = [each.detach().clone() for each in x]
            y[wanted].requires_grad_()
            (function(*y) * weights).sum().backward()
            return y[wanted].grad

        for causal in (False, True):
            whole = slope(
                lambda *y, c=causal: bt.attention(spec, *y, causal=c, backend="torch"), x, weights
            )
            mine = slope(
                lambda *y, c=causal: sequence_parallel_attention(spec, *y, causal=c),
                [cut(each) for each in x],
                cut(weights),
            )
            assert distance(mine, cut(whole)) < 1e-10
    last = weights.clone()
    last[:, :, : sum(COUNTS[:-1])] = 0.0
    compare_last = slopes(lambda *y: bt.attention(spec, *y, causal=True, backend="torch"), x, last)
    learned = [cut(each).detach().clone().requires_grad_() for each in x]
    out = sequence_parallel_attention(spec, *learned, causal=True)
    ((out * cut(weights)).sum() if RANK == LAST else 0.0 * out.sum()).backward()
    for each, expected in zip(learned, compare_last, strict=True):
        assert float((each.grad - cut(expected)).norm() / expected.norm()) < 1e-10


def padding_leaves_no_trace():
    x = rows()
    live = torch.rand(2, sum(COUNTS), generator=torch.Generator().manual_seed(4)) < 0.7
    live[1, : COUNTS[0]] = False  # all of rank 0's
    for options in ({}, {"causal": True}):
        compare(Cases.spec(), x, key_mask=live, **options)
        compare_gradients(Cases.spec(), x, key_mask=live, **options)
    options = {"causal": True, "exact": "window=9", "decay": [0.05, 0.3]}
    compare(Cases.spec(), x, backends=["torch"], key_mask=live, **options)
    compare_gradients(Cases.spec(), x, key_mask=live, **options)
    assert "key_mask meets a window or decay" in refused(
        ValueError,
        lambda: sequence_parallel_attention(
            Cases.spec(),
            *(cut(each) for each in x),
            key_mask=cut(live, dim=1),
            backend="fused",
            **options,
        ),
    )


def units_of_ranks_may_be_far_apart():
    """Keys of one rank outweigh those of another by e^100 and more; nothing is lost."""
    q, k, v = rows(torch.float32)
    for loud in range(SIZE):
        size = torch.ones(sum(COUNTS))
        first = sum(COUNTS[:loud])
        size[first : first + COUNTS[loud]] = 12.0
        x = q, k * size.view(-1, 1), v
        compare(Cases.spec("positive"), x, causal=True)
        compare(Cases.spec("positive"), x)
        compare_gradients(Cases.spec("positive"), x, causal=True)
    # Fewer features than a vector of the processor has lanes.
    size = torch.ones(sum(COUNTS))
    size[COUNTS[0] : COUNTS[0] + COUNTS[1]] = 3.0
    x = q, k * size.view(-1, 1), v
    for m in (1, 2, 3, 5, 8):
        compare(Cases.spec("positive", m=m), x)


def narrow_types_and_layouts():
    for dtype in (torch.bfloat16, torch.float16):
        x = [each.transpose(1, 2).contiguous().transpose(1, 2) for each in rows(dtype)]
        for causal in (False, True):
            expected = bt.attention(Cases.spec(), *x, causal=causal)
            found = sequence_parallel_attention(
                Cases.spec(), *(cut(each) for each in x), causal=causal
            )
            assert found.dtype == dtype
            assert distance(found.float(), cut(expected).float()) < 1e-2
        compare_gradient = slopes(
            lambda *y: sequence_parallel_attention(Cases.spec(), *y, causal=True),
            [cut(each) for each in x],
            cut(Cases.rows(dtype, keys=sum(COUNTS), key_heads=4, seed=9)[2]),
        )
        assert all(each.dtype == dtype for each in compare_gradient)


def groups_are_the_callers():
    """A group of the last ranks, in which they are numbered anew; the others are refused."""
    group = dist.new_group(list(range(1, SIZE)))
    x = rows(counts=COUNTS[1:])
    if RANK > 0:
        part = [each.split(list(COUNTS[1:]), 2)[RANK - 1] for each in x]
        for backend in ("fused", "torch"):
            found = sequence_parallel_attention(
                Cases.spec(), *part, group, causal=True, backend=backend
            )
            expected = bt.attention(Cases.spec(), *x, causal=True, backend=backend)
            assert distance(found, expected.split(list(COUNTS[1:]), 2)[RANK - 1]) < 1e-12
    else:
        with pytest.raises(ValueError, match="this process is not a rank of group"):
            sequence_parallel_attention(Cases.spec(), *x, group)
    with pytest.raises(TypeError, match="group is str"):
        sequence_parallel_attention(Cases.spec(), *x, "gloo")


def a_wrong_boundary_is_caught():
    """With one key too few in the sums of each rank."""
    x = rows()

    def fails(**options):
        try:
            compare(Cases.spec(), x, backends=["torch"], causal=True, **options)
        except AssertionError:
            wrong = 1.0
        else:
            wrong = 0.0
        everyone = torch.tensor([wrong])
        dist.all_reduce(everyone)
        assert everyone.item() >= 1

    def own_but_one(self, rank):
        return max(self.boundary(rank + 1) - self.boundary(rank) - 1, 0)

    before = spans.Spans.own
    spans.Spans.own = own_but_one
    fails()
    fails(exact="window=5")
    spans.Spans.own = before


CHECKS = [
    outputs_are_those_of_one_process,
    both_ways_of_states_agree,
    windows_and_decay,
    gradients_are_those_of_one_process,
    ranks_may_have_no_rows,
    batches_and_heads_may_be_empty,
    lone_gradients_meet_their_partners,
    padding_leaves_no_trace,
    units_of_ranks_may_be_far_apart,
    narrow_types_and_layouts,
    groups_are_the_callers,
    a_wrong_boundary_is_caught,
    *REFUSALS,
]


def main():
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        store=dist.FileStore(STORE, SIZE),
        rank=RANK,
        world_size=SIZE,
        timeout=datetime.timedelta(seconds=60),
    )
    for check in CHECKS:
        check()
    print(f"checks of rank {RANK} of {SIZE}: ok", flush=True)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
