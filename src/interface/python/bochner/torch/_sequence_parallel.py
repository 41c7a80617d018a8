# SPDX-License-Identifier: Apache-2.0
"""Attention over sequences that are cut over the ranks of torch.distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from bochner._agreement import agreed, together
from bochner._options import flag
from bochner.torch._attention import Rates  # noqa: TC001 (of a public signature)
from bochner.torch._checks import (
    Backend,
    attention_inputs,
    fused,
    rates_of,
    require_mask,
    with_scale,
)
from bochner.torch._constants import constants_of
from bochner.torch._fused_spans import Layer, Rows, fused_common, fused_earlier
from bochner.torch._maps import Specs, as_text, maps_of
from bochner.torch._pairs import Pairs, counts_of, pairs_text
from bochner.torch._plain_attention import require_as_many
from bochner.torch._plain_spans import plain_common, plain_earlier
from bochner.torch._ranks import Ranks
from bochner.torch._tensors import laid_out_as, number_of, wide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

_NAME = "sequence_parallel_attention"


class _Call(NamedTuple):
    """What is checked on each rank, and what ranks must say alike."""

    rows: Rows
    specs: str
    redraws: Tensor | None
    causal: bool
    window: int
    decay: list[float]
    is_fused: bool
    said: Mapping[str, Any]


def sequence_parallel_attention(
    specs: Specs,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    group: Any = None,
    *,
    causal: bool = False,
    key_mask: Tensor | None = None,
    softmax_scale: float | Tensor | None = None,
    decay: Rates = None,
    exact: Pairs = None,
    redraws: Tensor | None = None,
    backend: Backend = "auto",
) -> Tensor:
    """`attention` over a sequence of which each rank has a span of positions, differentiable.

    Rank r's rows follow those of rank r - 1. The result on all ranks, one after the other, is that
    of `attention` over the whole sequence, up to rounding. All ranks call this together, and where
    a gradient is wanted they go backward together, too: a rank whose results do not enter the loss
    adds ``0 * out.sum()`` to its own.

    Without a mask the states of all ranks are added up on all of them. With a causal one each rank
    gets the sum of those before it; on the CPU, where no gradient is wanted and there are at most
    half as many ranks as key heads (and one), from its neighbour, head after head; otherwise by an
    exclusive scan in log2(ranks) rounds. A state is ``D (d_v + 1)`` numbers per batch entry and key
    head, and D for their units, whatever the length; with a window, its ``window - 1`` rows come
    from the neighbours, too. Gradients send as much again.

    Costs as `attention` of a rank's rows, and once more the sums over its keys where states are
    scanned or added.

    Parameters
    ----------
    specs : FeatureMapSpec, FeatureMap or str, or a sequence of them
        One map for all heads, or one per key head; the same on all ranks.
    queries : tensor of shape (batch, heads, L, d)
        This rank's, L >= 0; batch, heads, columns and dtype are those of all ranks.
    keys : tensor of shape (batch, key_heads, S, d)
        With `causal`, S = L.
    values : tensor of shape (batch, key_heads, S, d_v)
    group : torch.distributed.ProcessGroup, optional
        Of the ranks that call this, in the order of the sequence. Its timeout bounds every wait.
    causal : bool
        Query i of the whole sequence sees the keys j <= i only.
    key_mask : bool tensor of shape (batch, S), optional
        True for live keys; on all ranks or on none.
    softmax_scale : float or tensor of shape () or (key_heads,), optional
        As in `attention`. The gradient of a tensor is this rank's share, to be summed over ranks.
    decay : sequence of key_heads numbers, optional
        With `causal` alone.
    exact : ExactPairs or its text, optional
        A window, with `causal` alone.
    redraws : integer tensor of shape (), optional
    backend : {"auto", "fused", "torch"}
        The library's own states, plain torch, or, with "auto", the former on the CPU where no
        gradient is wanted (and no mask of keys meets a window or decay), otherwise plain torch.

    Returns
    -------
    tensor of shape (batch, heads, L, d_v)

    Raises
    ------
    TypeError, ValueError
        On all ranks with one message, which names the rank where something is wrong, or two that
        differ; as `attention`, and on first and heaviest keys, blocks, means, and a window or decay
        without `causal`. Without a process group, or on no rank of `group`, on this process alone.
    RuntimeError
        When another rank is gone, or has not come within the timeout of `group`; on second
        derivatives.

    Examples
    --------
    Two processes, with ``torch.distributed.init_process_group("gloo")`` in each and its half of the
    rows::

        out = sequence_parallel_attention(spec, q, k, v, causal=True)

    A group of one rank:

    >>> import tempfile
    >>> import torch
    >>> import bochner as bo
    >>> from bochner.torch import attention, sequence_parallel_attention
    >>> store = torch.distributed.FileStore(tempfile.mktemp(), 1)
    >>> torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    >>> kernel = bo.SoftmaxKernel.for_dimension(8)
    >>> spec = bo.FeatureMapSpec(8, 64, kernel, features=bo.HyperbolicFeatures(), seed=1)
    >>> q, k, v = torch.randn(3, 1, 2, 50, 8, generator=torch.Generator().manual_seed(0))
    >>> out = sequence_parallel_attention(spec, q, k, v, causal=True)
    >>> torch.allclose(out, attention(spec, q, k, v, causal=True), atol=1e-6)
    True
    >>> torch.distributed.destroy_process_group()
    """
    ranks = Ranks(_NAME, group)
    call = together(
        _NAME,
        ranks,
        lambda: _checked(
            specs,
            Rows(queries, keys, values, key_mask),
            causal,
            softmax_scale,
            decay,
            exact,
            redraws,
            backend,
        ),
    )
    agreed(_NAME, ranks, call.said)
    return _fused(ranks, call) if call.is_fused else _plain(ranks, call)


def _checked(
    specs: Specs,
    given: Rows,
    causal: bool,
    softmax_scale: float | Tensor | None,
    decay: Rates,
    exact: Pairs,
    redraws: Tensor | None,
    backend: Backend,
) -> _Call:
    text = as_text(_NAME, specs)
    queries, keys, values = attention_inputs(_NAME, *given[:3])
    require_mask(_NAME, given.key_mask, keys)
    causal = flag(_NAME, "causal", causal)
    rates = [] if decay is None else rates_of(_NAME, decay, keys.shape[1])
    pairs = pairs_text(_NAME, exact)
    window = _window_of(pairs)
    if not causal and (window > 0 or rates):
        name = "exact.window" if window > 0 else "decay"
        raise ValueError(f"{_NAME}: {name} is given without a causal mask")
    if causal and queries.shape[2] != keys.shape[2]:
        raise ValueError(
            f"{_NAME}: queries has {queries.shape[2]} rows and keys {keys.shape[2]}, expected as "
            "many with a causal mask"
        )
    queries, keys = with_scale(_NAME, queries, keys, softmax_scale, text)
    maps = maps_of(text, number_of(redraws)).maps
    dim = maps[0].input_dim
    if queries.shape[3] != dim:
        raise ValueError(
            f"{_NAME}: queries has rows of {queries.shape[3]}, expected {dim} (the map's input_dim)"
        )
    require_as_many(len(maps), keys.shape[1])
    rows = Rows(queries, keys, values, given.key_mask)
    wanted = [torch.is_grad_enabled() and x.requires_grad for x in rows[:3]]
    is_fused = _is_fused(rows, backend, any(wanted), window > 0 or len(rates) > 0)
    said = {
        "specs": text,
        "redraws": number_of(redraws),
        "causal": causal,
        "key_mask": "none" if given.key_mask is None else "given",
        "softmax_scale": _numbers(softmax_scale),
        "decay": rates,
        "exact": pairs,
        "the path": "fused" if is_fused else "torch",
        "the dtype": str(queries.dtype),
        "batch": queries.shape[0],
        "the number of heads": queries.shape[1],
        "the number of key heads": keys.shape[1],
        "the columns of values": values.shape[3],
        "a gradient of queries, keys or values": wanted,
    }
    return _Call(rows, text, redraws, causal, window, rates, is_fused, said)


def _window_of(pairs: str) -> int:
    counts = counts_of(pairs)
    if counts.first_keys + counts.heaviest_keys + counts.blocks > 0:
        raise ValueError(
            f"{_NAME}: exact is {pairs!r}, and over ranks only a window is weighed exactly"
        )
    return counts.window


def _is_fused(rows: Rows, backend: Backend, wants_gradient: bool, by_position: bool) -> bool:
    """Whether states of the library's own go from rank to rank."""
    chosen = fused(_NAME, backend, rows.queries)
    reasons = {
        "a gradient is wanted": wants_gradient,
        "key_mask meets a window or decay": by_position and rows.key_mask is not None,
    }
    for reason, holds in reasons.items():
        if chosen and holds and backend == "fused":
            raise ValueError(f"{_NAME}: backend is 'fused' and {reason}, expected 'torch'")
        chosen = chosen and not holds
    return chosen


def _numbers(scale: float | Tensor | None) -> Any:
    return scale.detach().tolist() if isinstance(scale, torch.Tensor) else scale


def _fused(ranks: Ranks, call: _Call) -> Tensor:
    queries, keys, values = (x.detach() for x in call.rows[:3])
    rows = Rows(queries, keys, values, call.rows.key_mask)
    layer = Layer(
        maps_of(call.specs, number_of(call.redraws)).maps,
        rows.keys.shape[0],
        rows.keys.shape[1],
        rows.values.shape[3],
        str(wide(rows.keys[:0]).dtype).removeprefix("torch."),
        call.window,
        call.decay,
    )
    if layer.batch * layer.key_heads == 0:  # on all ranks
        return laid_out_as(queries, layer.value_dim)
    if not call.causal:
        return fused_common(_NAME, ranks, layer, rows)
    # As many heads at a time as occupy the threads of the rank that has most.
    threads = max(ranks.allgather(torch.get_num_threads()))
    return fused_earlier(_NAME, ranks, layer, rows, -(-threads // max(layer.batch, 1)))


def _plain(ranks: Ranks, call: _Call) -> Tensor:
    queries, keys, values, key_mask = call.rows
    constants = together(_NAME, ranks, lambda: constants_of(queries, call.specs, call.redraws))
    if not call.causal:
        return plain_common(ranks, queries, keys, values, constants, key_mask)
    counts = ranks.allgather(keys.shape[2])
    return plain_earlier(
        ranks, counts, call.window, queries, keys, values, constants, key_mask, call.decay
    )
