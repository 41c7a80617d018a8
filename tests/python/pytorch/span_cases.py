# SPDX-License-Identifier: Apache-2.0
"""What the checks of a rank share: its span of a sequence, and comparisons with one process.

STORE RANK SIZE are the arguments of the program.
"""

import sys

import torch
import torch.distributed as dist
from tensor_cases import Cases

import bochner.torch as bt
from bochner.torch import sequence_parallel_attention

STORE, RANK, SIZE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
LAST = SIZE - 1
# What follows is of one process each, but sums of float32 are added in another order.
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}
GRADIENT_TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-11}
COUNTS = [(50, 83), (41, 5, 87)][SIZE - 2]
UNEVEN = [[(0, 133), (133, 0), (130, 3)], [(70, 0, 63), (0, 0, 9), (0, 8, 0)]][SIZE - 2]


def cut(tensor, counts=COUNTS, dim=2):
    """This rank's span."""
    return tensor.split(list(counts), dim)[RANK]


def rows(dtype=torch.float64, counts=COUNTS, **options):
    return Cases.rows(dtype, queries=sum(counts), keys=sum(counts), **options)


def distance(found, expected):
    scale = float(expected.norm())
    return 0.0 if expected.numel() == 0 else float((found - expected).norm()) / max(scale, 1e-30)


def compare(specs, x, counts=COUNTS, backends=("fused", "torch"), **options):
    """Against one process, by each backend."""
    single = {name: value for name, value in options.items() if name != "key_mask"}
    mask = options.get("key_mask")
    cut_mask = {} if mask is None else {"key_mask": cut(mask, counts, 1)}
    whole = {} if mask is None else {"key_mask": mask}
    mine = [cut(each, counts) for each in x]
    for backend in backends:
        expected = bt.attention(specs, *x, backend=backend, **whole, **single)
        found = sequence_parallel_attention(specs, *mine, backend=backend, **cut_mask, **single)
        assert found.shape == mine[0].shape[:3] + x[2].shape[3:]
        assert found.dtype == mine[0].dtype
        error = distance(found, cut(expected, counts))
        assert error < TOLERANCE[x[0].dtype], (backend, options, counts, error)


def slopes(function, x, weights):
    """Gradients of a weighted sum."""
    learned = [each.detach().clone().requires_grad_() for each in x]
    (function(*learned) * weights).sum().backward()
    return [each.grad for each in learned]


def compare_gradients(specs, x, counts=COUNTS, **options):
    weights = Cases.rows(x[0].dtype, keys=sum(counts), key_heads=4, seed=9)[2]
    mask = options.pop("key_mask", None)
    whole = {} if mask is None else {"key_mask": mask}
    part = {} if mask is None else {"key_mask": cut(mask, counts, 1)}
    expected = slopes(
        lambda *y: bt.attention(specs, *y, backend="torch", **whole, **options), x, weights
    )
    found = slopes(
        lambda *y: sequence_parallel_attention(specs, *y, **part, **options),
        [cut(each, counts) for each in x],
        cut(weights, counts),
    )
    for mine, all_of_it in zip(found, expected, strict=True):
        scale = float(all_of_it.norm()) / SIZE
        error = float((mine - cut(all_of_it, counts)).norm()) / scale
        assert error < GRADIENT_TOLERANCE[x[0].dtype], (options, counts, error)


def refused(kind, call):
    """The message that every rank raises, the same on all."""
    try:
        call()
    except kind as error:
        message = str(error)
    else:
        message = "nothing was raised"
    everyone = [None] * SIZE
    dist.all_gather_object(everyone, message)
    assert everyone == [message] * SIZE, everyone
    assert message.startswith("sequence_parallel_attention: "), message
    return message
