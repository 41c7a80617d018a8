# SPDX-License-Identifier: Apache-2.0
"""What ranks refuse of attention over a sequence that is cut over them, and how."""

import numpy as np
import pytest
import torch
from span_cases import LAST, RANK, cut, refused, rows
from tensor_cases import Cases

import bochner as bo
import bochner._agreement as agreement
from bochner.torch import sequence_parallel_attention


def what_is_wrong_on_one_rank_is_raised_on_all():
    x = [cut(each) for each in rows()]
    spec = Cases.spec()

    def call(*tensors, **options):
        return lambda: sequence_parallel_attention(spec, *(tensors or x), **options)

    bad = [each.clone() for each in x]
    if RANK == LAST:
        bad[1][0, 1, 3, 2] = 1e300
    for options in ({"causal": True}, {"causal": True, "exact": "window=4"}, {}):
        message = refused(ValueError, call(*bad, **options))
        assert f"rank {LAST}: " in message
        assert "keys: batch 0, head 1, row 3 is too long" in message, message
    if RANK < LAST:  # a state of NaN goes nowhere
        bad = [each.clone() for each in x]
        bad[2][0, 1, 3, 2] = np.nan
    else:
        bad = x
    for options in ({"causal": True}, {}):
        assert "rank 0: " in refused(ValueError, call(*bad, **options))
    worse = [x[0], x[1], x[2].float()] if RANK == 0 else x
    assert "rank 0: values has dtype torch.float32" in refused(TypeError, call(*worse))
    short = [x[0][:, :, 1:], *x[1:]] if RANK == 0 else x
    assert "expected as many with a causal mask" in refused(ValueError, call(*short, causal=True))
    for options, said in (
        ({"exact": "window=3"}, "exact.window is given without a causal mask"),
        ({"decay": [0.1, 0.1]}, "decay is given without a causal mask"),
        ({"causal": True, "exact": "first_keys=3"}, "only a window is weighed exactly"),
        ({"causal": True, "decay": [0.1]}, "decay has 1 entries, expected 2"),
        ({"backend": "cuda"}, "backend is 'cuda'"),
    ):
        assert said in refused(ValueError, call(**options))
    held = Cases.spec(kernel=bo.LaplacianKernel(), features="trigonometric")
    learned = [each.clone().requires_grad_() for each in x]
    message = refused(ValueError, lambda: sequence_parallel_attention(held, *learned))
    assert "the kernel is" in message


def ranks_that_differ_are_refused():
    x = [cut(each) for each in rows()]

    def differs(name, first, last, mine=x, **options):
        message = refused(
            ValueError, lambda: sequence_parallel_attention(Cases.spec(), *mine, **options)
        )
        assert f"{name} is {first} on rank 0 and {last} on rank {LAST}" in message, message

    last = RANK == LAST
    other = Cases.spec(seed=4) if last else Cases.spec()
    message = refused(ValueError, lambda: sequence_parallel_attention(other, *x))
    assert "seed=3 on rank 0" in message
    assert f"seed=4 on rank {LAST}" in message
    differs("causal", False, True, causal=last)
    differs("batch", 2, 1, [each[:1] for each in x] if last else x)
    differs("the number of heads", 4, 2, [x[0][:, :2], *x[1:]] if last else x)
    differs("the columns of values", 5, 4, [*x[:2], x[2][..., :4]] if last else x)
    single = [each.float() for each in x]
    differs("the dtype", "torch.float64", "torch.float32", single if last else x)
    differs("exact", "", "window=3", causal=True, exact="window=3" if last else None)
    learned = [x[0], x[1].clone().requires_grad_(), x[2]] if last else x
    message = refused(
        ValueError,
        lambda: sequence_parallel_attention(Cases.spec(), *learned, backend="torch"),
    )
    assert "a gradient of queries, keys or values is" in message
    before = agreement.LIBRARY
    if last:
        agreement.LIBRARY = "bochner 0.0.1"
    differs("library", before, "bochner 0.0.1")
    agreement.LIBRARY = before


def second_derivatives_are_refused():
    learned = [cut(each).clone().requires_grad_() for each in rows()]
    out = sequence_parallel_attention(Cases.spec(), *learned, causal=True)
    (slope,) = torch.autograd.grad(out.square().sum(), learned[1:2], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


REFUSALS = [
    what_is_wrong_on_one_rank_is_raised_on_all,
    ranks_that_differ_are_refused,
    second_derivatives_are_refused,
]
