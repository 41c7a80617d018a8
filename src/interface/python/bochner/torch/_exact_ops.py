# SPDX-License-Identifier: Apache-2.0
"""The operators of exact attention on the CPU."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 (schemas are read from the annotations)
from typing import Any

import torch
from torch import Tensor

from bochner import _core
from bochner._specs import kernel_of
from bochner.torch._attention_ops import MaybeTensor, no_second_derivative
from bochner.torch._call_options import call_options
from bochner.torch._tensors import array_of, array_or_none, laid_out_as, wide


def _over_all_pairs(x: Tensor | None, queries: Tensor, keys: Tensor) -> Tensor | None:
    return None if x is None else x.expand(*queries.shape[:3], keys.shape[2])


def _options(
    queries: Tensor,
    keys: Tensor,
    key_mask: Tensor | None,
    allowed: Tensor | None,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    window: int,
) -> _core.AttentionOptions:
    return call_options(
        causal=causal,
        query_offset=query_offset,
        decay=decay,
        key_mask=key_mask,
        allowed=_over_all_pairs(allowed, queries, keys),
        window=window,
    )


@torch.library.custom_op("bochner::exact_attention", mutates_args=(), device_types="cpu")
def exact_attention_op(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    kernel: str,
    key_mask: MaybeTensor,
    allowed: MaybeTensor,
    bias: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    window: int,
) -> Tensor:
    """`bochner.exact_attention`, its options as text and numbers; a window of 0 is none."""
    out = laid_out_as(queries, values.shape[3])
    _core.exact_attention(
        kernel_of("exact_attention", kernel),
        array_of(queries),
        array_of(keys),
        array_of(values),
        array_of(out),
        _options(queries, keys, key_mask, allowed, decay, causal, query_offset, window),
        array_or_none(_over_all_pairs(bias, queries, keys)),
        torch.get_num_threads(),
    )
    return out


@exact_attention_op.register_fake
def _(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    kernel: str,
    key_mask: MaybeTensor,
    allowed: MaybeTensor,
    bias: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    window: int,
) -> Tensor:
    return laid_out_as(queries, values.shape[3])


@torch.library.custom_op("bochner::exact_attention_backward", mutates_args=(), device_types="cpu")
def exact_attention_backward_op(
    gradient: Tensor,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    out: Tensor,
    kernel: str,
    key_mask: MaybeTensor,
    allowed: MaybeTensor,
    bias: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    window: int,
    wanted: Sequence[bool],
) -> list[Tensor]:
    """`bochner.exact_attention_gradient`: those that are wanted."""
    q, k, v = (wide(x) for x in (queries, keys, values))
    results = [
        torch.empty_like(x) if wants else None for x, wants in zip((q, k, v), wanted, strict=True)
    ]
    dq, dk, dv = (array_or_none(result) for result in results)
    _core.exact_attention_gradient(
        kernel_of("exact_attention", kernel),
        array_of(q),
        array_of(k),
        array_of(v),
        array_of(wide(out)),
        array_of(wide(gradient)),
        dq,
        dk,
        dv,
        None,
        _options(queries, keys, key_mask, allowed, decay, causal, query_offset, window),
        array_or_none(_over_all_pairs(bias, queries, keys)),
        torch.get_num_threads(),
    )
    return [result.to(queries.dtype) for result in results if result is not None]


@exact_attention_backward_op.register_fake
def _(
    gradient: Tensor,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    out: Tensor,
    kernel: str,
    key_mask: MaybeTensor,
    allowed: MaybeTensor,
    bias: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    window: int,
    wanted: Sequence[bool],
) -> list[Tensor]:
    inputs = zip((queries, keys, values), wanted, strict=True)
    return [torch.empty_like(x) for x, wants in inputs if wants]


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    queries, keys, values, ctx.kernel, key_mask, allowed, bias, *ctx.options = inputs
    ctx.save_for_backward(queries, keys, values, output, key_mask, allowed, bias)


def _gradients(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
    queries, keys, values, out, *masks = ctx.saved_tensors
    wanted = list(ctx.needs_input_grad[:3])
    found = iter(
        exact_attention_backward_op(
            gradient,
            queries,
            keys,
            values,
            out,
            ctx.kernel,
            *masks,
            *ctx.options,
            wanted,
        )
    )
    return (*(next(found) if wants else None for wants in wanted), *(None,) * 8)


exact_attention_op.register_autograd(_gradients, setup_context=_keep)
exact_attention_backward_op.register_autograd(no_second_derivative("exact_attention_backward"))
