# SPDX-License-Identifier: Apache-2.0
"""The operators of attention by random features on the CPU."""

from __future__ import annotations

import functools
from collections.abc import Sequence  # noqa: TC003 (schemas are read from the annotations)
from typing import Any, Optional

import torch
from torch import Tensor

from bochner import _core
from bochner.torch._call_options import call_options
from bochner.torch._maps import maps_of
from bochner.torch._pairs import pairs_of
from bochner.torch._tensors import array_of, array_or_none, laid_out_as, number_of, wide

# Schemas are read from the annotations, at run time and on Python 3.10.
MaybeTensor = Optional[Tensor]  # noqa: UP045


@functools.lru_cache(maxsize=1024)
def _shared_options(
    causal: bool, query_offset: int, decay: tuple[float, ...], exact: str, rest: str
) -> _core.AttentionOptions:
    return call_options(
        causal=causal,
        query_offset=query_offset,
        decay=decay,
        exact=pairs_of(exact),
        rest=rest,
    )


def _options_of(
    key_mask: Tensor | None,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    exact: str,
    rest: str,
) -> _core.AttentionOptions:
    if key_mask is None:
        return _shared_options(causal, query_offset, tuple(decay), exact, rest)
    return call_options(
        causal=causal,
        query_offset=query_offset,
        decay=decay,
        key_mask=key_mask,
        exact=pairs_of(exact),
        rest=rest,
    )


@torch.library.custom_op("bochner::attention", mutates_args=(), device_types="cpu")
def attention_op(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    specs: str,
    redraws: MaybeTensor,
    key_mask: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    exact: str,
    rest: str,
) -> Tensor:
    """`bochner.attention`, its options as text and numbers."""
    out = laid_out_as(queries, values.shape[3])
    _core.attention(
        maps_of(specs, number_of(redraws)).held,
        array_of(queries),
        array_of(keys),
        array_of(values),
        array_of(out),
        _options_of(key_mask, decay, causal, query_offset, exact, rest),
        torch.get_num_threads(),
    )
    return out


@attention_op.register_fake
def _(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    specs: str,
    redraws: MaybeTensor,
    key_mask: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    exact: str,
    rest: str,
) -> Tensor:
    return laid_out_as(queries, values.shape[3])


@torch.library.custom_op("bochner::attention_backward", mutates_args=(), device_types="cpu")
def attention_backward_op(
    gradient: Tensor,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    out: Tensor,
    specs: str,
    redraws: MaybeTensor,
    key_mask: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    exact: str,
    rest: str,
    wanted: Sequence[bool],
) -> list[Tensor]:
    """`bochner.attention_gradient`: those of queries, keys and values that are wanted."""
    q, k, v = (wide(x) for x in (queries, keys, values))
    results = [
        torch.empty_like(x) if wants else None for x, wants in zip((q, k, v), wanted, strict=True)
    ]
    dq, dk, dv = (array_or_none(result) for result in results)
    _core.attention_gradient(
        maps_of(specs, number_of(redraws)).held,
        array_of(q),
        array_of(k),
        array_of(v),
        array_of(wide(out)),
        array_of(wide(gradient)),
        dq,
        dk,
        dv,
        None,
        _options_of(key_mask, decay, causal, query_offset, exact, rest),
        torch.get_num_threads(),
    )
    return [result.to(queries.dtype) for result in results if result is not None]


@attention_backward_op.register_fake
def _(
    gradient: Tensor,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    out: Tensor,
    specs: str,
    redraws: MaybeTensor,
    key_mask: MaybeTensor,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    exact: str,
    rest: str,
    wanted: Sequence[bool],
) -> list[Tensor]:
    inputs = zip((queries, keys, values), wanted, strict=True)
    return [torch.empty_like(x) for x, wants in inputs if wants]


def no_second_derivative(name: str) -> Any:
    """The backward function of a backward operator."""

    def refuse(_context: Any, *_gradients: Any) -> Any:
        raise RuntimeError(
            f"bochner::{name}: second derivatives are not offered by the fused operator; use "
            'backend="torch", or no create_graph'
        )

    return refuse


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    queries, keys, values, ctx.specs, redraws, key_mask, *ctx.options = inputs
    ctx.save_for_backward(queries, keys, values, output, redraws, key_mask)


def _gradients(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
    queries, keys, values, out, redraws, key_mask = ctx.saved_tensors
    wanted = list(ctx.needs_input_grad[:3])
    found = iter(
        attention_backward_op(
            gradient,
            queries,
            keys,
            values,
            out,
            ctx.specs,
            redraws,
            key_mask,
            *ctx.options,
            wanted,
        )
    )
    return (*(next(found) if wants else None for wants in wanted), *(None,) * 8)


attention_op.register_autograd(_gradients, setup_context=_keep)
attention_backward_op.register_autograd(no_second_derivative("attention_backward"))
