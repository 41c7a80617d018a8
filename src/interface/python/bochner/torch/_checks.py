# SPDX-License-Identifier: Apache-2.0
"""The door of functions that take tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import torch
from torch import Tensor

from bochner._options import whole
from bochner.torch._constants import softmax_scales_op
from bochner.torch._tensors import DTYPES, number_of_heads

if TYPE_CHECKING:
    from collections.abc import Sequence

Backend: TypeAlias = Literal["auto", "fused", "torch"]
"""The fused operators of the CPU, plain torch of any device, or what suits the tensors."""

_BACKENDS = get_args(Backend)
_AXES = "batch, heads, length, dimension"


def _require_tensor(function: str, name: str, value: object) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(f"{function}: {name} is {type(value).__name__}, expected a torch.Tensor")


def require_dtype(function: str, name: str, value: Tensor) -> None:
    if value.dtype not in DTYPES:
        raise TypeError(
            f"{function}: {name} has dtype {value.dtype}, expected float32, float64, bfloat16 or "
            "float16"
        )


def require_device(
    function: str, name: str, value: Tensor, other: str, device: torch.device
) -> None:
    if value.device != device:
        raise ValueError(
            f"{function}: {name} is on {value.device} and {other} on {device}, expected one device"
        )


def under_autocast(value: Tensor) -> Tensor:
    """`value` in the dtype of an enclosing autocast, as torch's own attention takes it."""
    device = value.device.type
    if device == "meta" or value.dtype is torch.float64 or not torch.is_autocast_enabled(device):
        return value
    return value.to(torch.get_autocast_dtype(device))


def _fit(queries: object, keys: object, values: object) -> bool:
    """Whether there is nothing to refuse or to cast: the way of nearly every call, kept short."""
    if not (
        isinstance(queries, Tensor) and isinstance(keys, Tensor) and isinstance(values, Tensor)
    ):
        return False
    dtype, device = queries.dtype, queries.device
    shape, key_shape, value_shape = queries.shape, keys.shape, values.shape
    return (
        len(shape) == len(key_shape) == len(value_shape) == 4
        and dtype in DTYPES
        and keys.dtype is dtype
        and values.dtype is dtype
        and keys.device == device
        and values.device == device
        and (device.type == "meta" or not torch.is_autocast_enabled(device.type))
        and key_shape[0] == shape[0]
        and key_shape[3] == shape[3]
        and value_shape[:3] == key_shape[:3]
        and key_shape[1] > 0
        and shape[1] % key_shape[1] == 0
    )


def attention_inputs(
    function: str, queries: Tensor, keys: Tensor, values: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Three tensors of four axes that fit each other."""
    if _fit(queries, keys, values):
        return queries, keys, values
    given = {"queries": queries, "keys": keys, "values": values}
    for name, value in given.items():
        _require_tensor(function, name, value)
        if value.dim() != 4:
            raise ValueError(
                f"{function}: {name} has {value.dim()} dimensions, expected 4 ({_AXES})"
            )
        require_dtype(function, name, value)
        require_device(function, name, value, "queries", queries.device)
    cast = {name: under_autocast(value) for name, value in given.items()}
    queries, keys, values = cast.values()
    for name, value in cast.items():
        if value.dtype != queries.dtype:
            raise TypeError(
                f"{function}: {name} has dtype {value.dtype} and queries {queries.dtype}, expected "
                "one dtype for all"
            )
    if keys.shape[0] != queries.shape[0] or keys.shape[3] != queries.shape[3]:
        raise ValueError(
            f"{function}: keys has shape {tuple(keys.shape)}, expected "
            f"({queries.shape[0]}, key heads, length, {queries.shape[3]})"
        )
    if values.shape[:3] != keys.shape[:3]:
        raise ValueError(
            f"{function}: values has shape {tuple(values.shape)}, expected "
            f"({', '.join(map(str, keys.shape[:3]))}, dimension)"
        )
    number_of_heads(queries, keys, function)
    return queries, keys, values


def require_mask(function: str, mask: Tensor | None, keys: Tensor) -> None:
    """A mask of keys, of their very extents: nothing broadcasts."""
    if mask is None:
        return
    name = "key_mask"
    _require_tensor(function, name, mask)
    if mask.dtype is not torch.bool:
        raise TypeError(f"{function}: {name} has dtype {mask.dtype}, expected bool")
    require_device(function, name, mask, "queries", keys.device)
    shape = (keys.shape[0], keys.shape[2])
    if tuple(mask.shape) != shape:
        raise ValueError(
            f"{function}: {name} has shape {tuple(mask.shape)}, expected {shape} (batch, keys)"
        )


def require_over_pairs(function: str, name: str, x: Tensor, queries: Tensor, keys: Tensor) -> None:
    """What broadcasts to (batch, heads, L, S)."""
    _require_tensor(function, name, x)
    require_device(function, name, x, "queries", queries.device)
    shape = (*queries.shape[:3], keys.shape[2])
    fits = x.dim() <= 4 and all(
        mine in (1, whole) for mine, whole in zip(x.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ValueError(
            f"{function}: {name} has shape {tuple(x.shape)}, which does not broadcast to {shape} "
            "(batch, heads, queries, keys)"
        )


def offset_of(function: str, value: int, queries: Tensor, keys: Tensor) -> int:
    """Position of query 0 among the keys."""
    if type(value) is int and value == 0:
        return 0
    return whole(function, "query_offset", value, -queries.shape[2], keys.shape[2])


def rates_of(function: str, decay: Sequence[float] | Tensor, key_heads: int) -> list[float]:
    """One rate for each key head."""
    if isinstance(decay, Tensor) and decay.requires_grad:
        raise TypeError(
            f"{function}: decay requires a gradient, which is not offered; pass decay.detach()"
        )
    rates = [float(rate) for rate in decay]
    if len(rates) != key_heads:
        raise ValueError(
            f"{function}: decay has {len(rates)} entries, expected {key_heads} (one per key head)"
        )
    for head, rate in enumerate(rates):
        if not 0.0 <= rate < math.inf:
            raise ValueError(
                f"{function}: decay[{head}] is {rate}, expected a finite number of at least 0"
            )
    return rates


def with_scale(
    function: str, queries: Tensor, keys: Tensor, softmax_scale: float | Tensor | None, texts: str
) -> tuple[Tensor, Tensor]:
    """Queries and keys for which the kernel's own scale is this one: both times the same root."""
    if softmax_scale is None:
        return queries, keys
    if isinstance(softmax_scale, Tensor):
        require_device(function, "softmax_scale", softmax_scale, "queries", queries.device)
        if tuple(softmax_scale.shape) not in ((), (keys.shape[1],)):
            raise ValueError(
                f"{function}: softmax_scale has shape {tuple(softmax_scale.shape)}, expected () or "
                f"({keys.shape[1]},) (one per key head)"
            )
        scale = softmax_scale
    else:
        number = float(softmax_scale)
        if not 0.0 < number < math.inf:
            raise ValueError(
                f"{function}: softmax_scale is {softmax_scale}, expected a finite number above 0"
            )
        scale = torch.full(
            (),
            number,
            dtype=torch.float64 if queries.device.type != "mps" else torch.float32,
            device=queries.device,
        )
    root = (
        (scale / softmax_scales_op(queries.detach(), texts)).sqrt().to(queries.dtype).view(-1, 1, 1)
    )
    if root.shape[0] == 1:
        return queries * root, keys * root
    group = number_of_heads(queries, keys, function)
    return queries * root.repeat_interleave(group, 0), keys * root


def fused(function: str, backend: Backend, like: Tensor) -> bool:
    """Whether the fused operators run."""
    if backend not in _BACKENDS:
        raise ValueError(
            f"{function}: backend is {backend!r}, expected one of {', '.join(_BACKENDS)}"
        )
    on_cpu = like.device.type == "cpu"
    if backend == "fused" and not on_cpu:
        raise ValueError(
            f"{function}: backend is 'fused' and queries is on {like.device}, expected the CPU"
        )
    return on_cpu if backend == "auto" else backend == "fused"
