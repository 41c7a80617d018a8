# SPDX-License-Identifier: Apache-2.0
"""Attention by random features, and exact attention, of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bochner._options import flag, one_of
from bochner.torch._attention_ops import attention_op
from bochner.torch._checks import (
    Backend,
    attention_inputs,
    fused,
    offset_of,
    rates_of,
    require_mask,
    with_scale,
)
from bochner.torch._constants import MapConstants, constants_of
from bochner.torch._maps import Specs, as_text
from bochner.torch._pairs import Pairs, pairs_text
from bochner.torch._plain_attention import plain_attention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

Rates: TypeAlias = "Sequence[float] | Tensor | None"
"""One rate of decay for each key head; a tensor of them needs no gradient."""


def attention(
    specs: Specs,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: Tensor | None = None,
    softmax_scale: float | Tensor | None = None,
    decay: Rates = None,
    exact: Pairs = None,
    rest: Literal["features", "means", "none"] = "features",
    redraws: Tensor | None = None,
    backend: Backend = "auto",
) -> Tensor:
    """Attention by random features of tensors, differentiable.

    `bochner.attention` as an operator, ``bochner::attention``, with its gradient: for
    `torch.compile`, `torch.export`, checkpointing and autocast. On the CPU it is the library's own
    code, with `torch.get_num_threads` threads and its bits; elsewhere the same in plain torch, from
    the same frequencies, equal up to rounding.

    Costs O((L + S) D (d + d_v)) per head, and memory O(D d_v) per head in work on the CPU, forward
    and backward. Plain torch keeps O((L + S) D) per head for the gradient.

    Parameters
    ----------
    specs : FeatureMapSpec, FeatureMap or str, or a sequence of them
        One map for all heads, or one per key head. Graphs take text: `spec_text`.
    queries : tensor of shape (batch, heads, L, d)
        float32, float64, bfloat16 or float16, any strides. The two last ones are computed in
        float32 without a copy (their gradients with one).
    keys : tensor of shape (batch, key_heads, S, d)
        `key_heads` divides `heads`.
    values : tensor of shape (batch, key_heads, S, d_v)
    causal : bool
        Query i sees the keys ``j <= i + query_offset`` only.
    query_offset : int
        Position of query 0 among the keys.
    key_mask : bool tensor of shape (batch, S), optional
        True for live keys. The others count for nothing, whatever they and their values hold, and
        their gradients are zero.
    softmax_scale : float or tensor of shape () or (key_heads,), optional
        In place of the scale of the specs' softmax kernels; a tensor may be learned.
    decay : sequence of key_heads numbers, optional
        Weights are multiplied by ``exp(-decay * distance)``, with `causal` alone.
    exact : ExactPairs or its text, optional
        The pairs that are weighed exactly. Blocks of keys have no gradient.
    rest : {"features", "means", "none"}
        How the others are weighed.
    redraws : integer tensor of shape (), optional
        How often the frequencies have been drawn anew: seeds are a function of the specs' seeds and
        of this number. A tensor, so that a compiled graph outlives redraws.
    backend : {"auto", "fused", "torch"}
        The CPU's operator, plain torch, or what suits the device.

    Returns
    -------
    tensor of shape (batch, heads, L, d_v)
        Of the dtype of the queries, and from the operator laid out as they are.

    Raises
    ------
    TypeError
        On another dtype, or several.
    ValueError
        On several devices, as `bochner.attention`, and by name on what plain torch does not hold:
        features other than exponential and trigonometric ones, kernels other than softmax and
        Gaussian ones, blocks of keys and means.
    RuntimeError
        On a second derivative of the fused operator; plain torch has them.

    Examples
    --------
    >>> import torch
    >>> import bochner as bo
    >>> from bochner.torch import attention
    >>> kernel = bo.SoftmaxKernel.for_dimension(8)
    >>> spec = bo.FeatureMapSpec(8, 256, kernel, features=bo.HyperbolicFeatures(), seed=1)
    >>> q, k, v = torch.randn(3, 1, 2, 50, 8, generator=torch.Generator().manual_seed(0))
    >>> out = attention(spec, q.requires_grad_(), k, v, causal=True)
    >>> out.sum().backward()
    >>> q.grad.shape
    torch.Size([1, 2, 50, 8])
    >>> plain = attention(spec, q, k, v, causal=True, backend="torch")
    >>> torch.allclose(out, plain, atol=1e-5)
    True
    """
    return attend(
        "attention",
        as_text("attention", specs),
        queries,
        keys,
        values,
        causal=causal,
        query_offset=query_offset,
        key_mask=key_mask,
        softmax_scale=softmax_scale,
        decay=decay,
        exact=exact,
        rest=rest,
        redraws=redraws,
        backend=backend,
    )


def attend(
    function: str,
    specs: str,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: Tensor | None = None,
    softmax_scale: float | Tensor | None = None,
    decay: Rates = None,
    exact: Pairs = None,
    rest: str = "features",
    redraws: Tensor | None = None,
    backend: Backend = "auto",
    constants: MapConstants | None = None,
) -> Tensor:
    """`attention` for a function of another name, with constants that are there already."""
    queries, keys, values = attention_inputs(function, queries, keys, values)
    require_mask(function, key_mask, keys)
    options: tuple[Any, ...] = (
        [] if decay is None else rates_of(function, decay, keys.shape[1]),
        flag(function, "causal", causal),
        offset_of(function, query_offset, queries, keys),
        pairs_text(function, exact),
        one_of(function, "rest", rest, ("features", "means", "none")),
    )
    queries, keys = with_scale(function, queries, keys, softmax_scale, specs)
    if fused(function, backend, queries):
        return attention_op(queries, keys, values, specs, redraws, key_mask, *options)
    if constants is None:
        constants = constants_of(queries, specs, redraws)
    dim = constants.kernel.shape[-1]
    if queries.shape[3] != dim:
        raise ValueError(
            f"{function}: queries has rows of {queries.shape[3]}, expected {dim} (the map's "
            "input_dim)"
        )
    return plain_attention(queries, keys, values, constants, key_mask, *options)
