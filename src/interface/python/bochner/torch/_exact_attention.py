# SPDX-License-Identifier: Apache-2.0
"""Exact attention of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from bochner._options import flag, whole
from bochner._specs import kernel_of
from bochner.torch._checks import (
    Backend,
    attention_inputs,
    fused,
    offset_of,
    rates_of,
    require_mask,
    require_over_pairs,
    with_scale,
)
from bochner.torch._constants import kernel_constants_op
from bochner.torch._exact_ops import exact_attention_op
from bochner.torch._plain_attention import plain_exact_attention
from bochner.torch._tensors import NARROW

if TYPE_CHECKING:
    from torch import Tensor

    from bochner.torch._attention import Rates


def exact_attention(
    kernel: Any,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: Tensor | None = None,
    softmax_scale: float | Tensor | None = None,
    allowed: Tensor | None = None,
    bias: Tensor | None = None,
    window: int | None = None,
    decay: Rates = None,
    backend: Backend = "auto",
) -> Tensor:
    """Exact kernel attention of tensors, differentiable.

    `bochner.exact_attention` as an operator, ``bochner::exact_attention``: what `attention`
    estimates, with the same options and the masks that only weights themselves can honour.

    Costs O(L S (d + d_v)) per head. The fused operator stores no weights; plain torch keeps them
    for the gradient.

    Parameters
    ----------
    kernel : SoftmaxKernel, GaussianKernel or str
        Graphs take text: ``str(kernel)``.
    queries, keys, values, causal, query_offset, key_mask, softmax_scale, decay
        As in `attention`.
    allowed : bool tensor that broadcasts to (batch, heads, L, S), optional
        True where a query may see a key.
    bias : tensor that broadcasts to (batch, heads, L, S), optional
        Added to the logits, of the dtype of the queries (float32 for bfloat16 and float16). Plain
        torch alone has its gradient.
    window : int, optional
        Query i sees the keys ``j > i + query_offset - window`` only, at least 1.
    backend : {"auto", "fused", "torch"}
        The CPU's operator, plain torch, or what suits the device.

    Returns
    -------
    tensor of shape (batch, heads, L, d_v)

    Raises
    ------
    TypeError
        On another dtype, or several, and when a bias needs a gradient that the operator lacks.
    ValueError
        On several devices, and as `bochner.exact_attention`.
    RuntimeError
        On a second derivative of the fused operator.

    Examples
    --------
    >>> import torch
    >>> import bochner as bo
    >>> from bochner.torch import exact_attention
    >>> q, k, v = torch.randn(3, 1, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    >>> out = exact_attention(bo.SoftmaxKernel.for_dimension(8), q, k, v, causal=True)
    >>> peer = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    >>> torch.allclose(out, peer, atol=1e-6)
    True
    """
    name = "exact_attention"
    text = kernel if isinstance(kernel, str) else str(kernel_of(name, kernel))
    queries, keys, values = attention_inputs(name, queries, keys, values)
    require_mask(name, key_mask, keys)
    if allowed is not None:
        require_over_pairs(name, "allowed", allowed, queries, keys)
        if allowed.dtype is not torch.bool:
            raise TypeError(f"{name}: allowed has dtype {allowed.dtype}, expected bool")
    if bias is not None:
        require_over_pairs(name, "bias", bias, queries, keys)
        expected = torch.float32 if queries.dtype in NARROW else queries.dtype
        if bias.dtype is not expected:
            raise TypeError(
                f"{name}: bias has dtype {bias.dtype}, expected {expected} with these queries"
            )
    options: tuple[Any, ...] = (
        [] if decay is None else rates_of(name, decay, keys.shape[1]),
        flag(name, "causal", causal),
        offset_of(name, query_offset, queries, keys),
        0 if window is None else whole(name, "window", window, 1),
    )
    queries, keys = with_scale(name, queries, keys, softmax_scale, text)
    if fused(name, backend, queries):
        if bias is not None and bias.requires_grad and torch.is_grad_enabled():
            raise TypeError(
                f"{name}: bias requires a gradient, which the fused operator does not have; pass "
                'bias.detach(), or backend="torch"'
            )
        return exact_attention_op(queries, keys, values, text, key_mask, allowed, bias, *options)
    metric, gaussian = kernel_constants_op(queries.detach(), text)
    return plain_exact_attention(
        queries, keys, values, metric, gaussian, key_mask, allowed, bias, *options
    )
