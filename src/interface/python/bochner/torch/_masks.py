# SPDX-License-Identifier: Apache-2.0
"""Masks as `torch.nn.MultiheadAttention` takes them, as what linear attention honours."""

from __future__ import annotations

import torch
from torch import Tensor


def _tracing() -> bool:
    return torch.compiler.is_compiling()


def live_keys(function: str, mask: Tensor | None, batch: int, num_keys: int) -> Tensor | None:
    """The live keys of a `key_padding_mask`, which is True or minus infinity for the others."""
    if mask is None:
        return None
    name = f"{function}: key_padding_mask"
    if not isinstance(mask, Tensor):
        raise TypeError(f"{name} is {type(mask).__name__}, expected a torch.Tensor")
    if tuple(mask.shape) != (batch, num_keys):
        raise ValueError(
            f"{name} has shape {tuple(mask.shape)}, expected ({batch}, {num_keys}) (batch, keys)"
        )
    if mask.dtype is torch.bool:
        return ~mask
    if not mask.is_floating_point():
        raise TypeError(f"{name} has dtype {mask.dtype}, expected bool or floating point")
    live = mask == 0
    if not _tracing() and not mask.is_meta and not bool((live | (mask == -torch.inf)).all()):
        raise ValueError(
            f"{name} adds other numbers than 0 and minus infinity to logits, which linear "
            "attention never forms"
        )
    return live


def is_causal_mask(
    function: str, mask: Tensor | None, causal: bool, num_queries: int, num_keys: int
) -> bool:
    """Whether attention is causal: the only mask over pairs that linear attention honours.

    A mask is compared with the causal one (not while a graph is traced, where `causal` is taken at
    its word).
    """
    if mask is None:
        return causal
    name = f"{function}: attn_mask"
    if not isinstance(mask, Tensor):
        raise TypeError(f"{name} is {type(mask).__name__}, expected a torch.Tensor")
    if mask.dim() != 2:
        raise ValueError(
            f"{name} has {mask.dim()} dimensions, expected 2 (queries, keys): linear attention "
            "never forms the weights of single heads and entries"
        )
    if tuple(mask.shape) != (num_queries, num_keys):
        raise ValueError(
            f"{name} has shape {tuple(mask.shape)}, expected ({num_queries}, {num_keys}) "
            "(queries, keys)"
        )
    if _tracing() or mask.is_meta:
        if causal:
            return True
        raise ValueError(
            f"{name} cannot be looked at while a graph is traced, expected is_causal=True or no "
            "mask"
        )
    hidden = mask if mask.dtype is torch.bool else mask == -torch.inf
    adds_nothing = mask.dtype is torch.bool or bool((hidden | (mask == 0)).all())
    later = torch.ones_like(hidden).triu(1)
    if adds_nothing and bool((hidden == later).all()):
        return True
    if adds_nothing and not causal and not bool(hidden.any()):
        return False
    if causal:
        raise ValueError(
            f"{name} is given with is_causal=True and is not the causal mask, expected that mask "
            "or none"
        )
    raise ValueError(
        f"{name} is not the causal mask; linear attention never forms the weights that it would "
        "act on: pass key_padding_mask for padding, or use "
        "bochner.torch.exact_attention(allowed=...)"
    )
