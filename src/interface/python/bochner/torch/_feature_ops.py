# SPDX-License-Identifier: Apache-2.0
"""The operators of feature maps on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from bochner._map import _side
from bochner.torch._attention_ops import MaybeTensor, no_second_derivative
from bochner.torch._maps import maps_of
from bochner.torch._tensors import array_of, number_of, wide


@torch.library.custom_op("bochner::features", mutates_args=(), device_types="cpu")
def features_op(x: Tensor, spec: str, redraws: MaybeTensor, side: str) -> Tensor:
    """`FeatureMap.transform` of rows."""
    (feature_map,) = maps_of(spec, number_of(redraws)).maps
    out = x.new_empty((x.shape[0], feature_map.num_features), dtype=wide(x).dtype)
    feature_map._map.transform(
        _side("features", side), array_of(wide(x)), array_of(out), torch.get_num_threads()
    )
    return out.to(x.dtype)


@features_op.register_fake
def _(x: Tensor, spec: str, redraws: MaybeTensor, side: str) -> Tensor:
    (feature_map,) = maps_of(spec, 0).maps
    return x.new_empty((x.shape[0], feature_map.num_features))


@torch.library.custom_op("bochner::features_backward", mutates_args=(), device_types="cpu")
def features_backward_op(
    gradient: Tensor, x: Tensor, spec: str, redraws: MaybeTensor, side: str
) -> Tensor:
    """`FeatureMap.pullback`, the exponents multiplied in."""
    (feature_map,) = maps_of(spec, number_of(redraws)).maps
    which, threads = _side("features", side), torch.get_num_threads()
    rows, slopes = array_of(wide(x)), array_of(wide(gradient))
    phi, exponent = np.empty(slopes.shape, slopes.dtype), np.empty(len(rows), np.int32)
    feature_map._map.apply(which, rows, phi, exponent, threads)
    np.ldexp(slopes, exponent[:, np.newaxis], out=phi)
    out = torch.empty_like(wide(x))
    feature_map._map.pullback(which, rows, phi, array_of(out), threads)
    return out.to(x.dtype)


@features_backward_op.register_fake
def _(
    gradient: Tensor,
    x: Tensor,
    spec: str,
    redraws: MaybeTensor,
    side: str,
) -> Tensor:
    return torch.empty_like(x)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    x, ctx.spec, redraws, ctx.side = inputs
    ctx.save_for_backward(x, redraws)


def _gradients(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
    x, redraws = ctx.saved_tensors
    found = features_backward_op(gradient, x, ctx.spec, redraws, ctx.side)
    return found, None, None, None


features_op.register_autograd(_gradients, setup_context=_keep)
features_backward_op.register_autograd(no_second_derivative("features_backward"))
