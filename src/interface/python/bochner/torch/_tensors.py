# SPDX-License-Identifier: Apache-2.0
"""Tensors on the CPU as the arrays that the library reads and writes, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

NARROW = (torch.bfloat16, torch.float16)
DTYPES = (torch.float32, torch.float64, *NARROW)


def array_of(tensor: Tensor) -> NDArray[Any]:
    """The memory of a tensor; bfloat16 as its words, which NumPy has no type for."""
    tensor = tensor.detach()
    if tensor.dtype is torch.bfloat16:
        tensor = tensor.view(torch.uint16)
    array: NDArray[Any] = tensor.numpy()
    return array


def array_or_none(tensor: Tensor | None) -> NDArray[Any] | None:
    return None if tensor is None else array_of(tensor)


def wide(tensor: Tensor) -> Tensor:
    """`tensor`, in float32 where it is narrow."""
    return tensor.float() if tensor.dtype in NARROW else tensor


def laid_out_as(queries: Tensor, columns: int) -> Tensor:
    """A new tensor for results, laid out as the queries: (B, L, H, d) views come back as such."""
    if queries.shape[3] == columns:
        return torch.empty_like(queries)
    heads_inside = queries.stride(1) < queries.stride(2)
    return torch.empty_permuted(
        (*queries.shape[:3], columns),
        (0, 2, 1, 3) if heads_inside else (0, 1, 2, 3),
        dtype=queries.dtype,
        device=queries.device,
    )


def number_of(redraws: Tensor | None) -> int:
    return 0 if redraws is None else int(redraws.item())


def number_of_heads(queries: Tensor, keys: Tensor, function: str) -> int:
    """Query heads that read each key head."""
    heads, key_heads = queries.shape[1], keys.shape[1]
    if key_heads == 0 or heads % key_heads != 0:
        if heads == 0 and key_heads == 0:
            return 1
        raise ValueError(
            f"{function}: queries has {heads} heads and keys {key_heads}, expected a multiple of "
            "the heads of keys"
        )
    return heads // key_heads
