# SPDX-License-Identifier: Apache-2.0
"""Masks as transformers makes them, and what attention reads from them.

A mask function is told the pattern of a mask, and its result travels through the model to the
layers, sometimes by way of `generate`; transformers leaves tensors of four axes alone. Here such a
tensor says it all, though nothing is of the size of all pairs:

- bool, (batch, 1, 1, keys): all live keys are seen, as the shape says itself;
- uint8, (batch, 1, 1, keys): causal;
- uint8, (batch, 2, window, keys), of no more memory: causal within a window.

Not zero for live keys. Causal masks end with the last query, so that slots of a cache that are
still empty are left out. No mask at all says what the layer's ``is_causal`` does, with all keys
live.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import torch
from transformers.masking_utils import bidirectional_mask_function, causal_mask_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


_WINDOWED = 2


class _Pattern(NamedTuple):
    causal: bool
    window: int | None = None


class SeenKeys(NamedTuple):
    """Which keys queries see; those behind the first `num_keys` are not there yet."""

    causal: bool
    num_keys: int
    window: int | None
    """Query i sees the keys ``j > i + offset - window``; None where that hides no key."""
    mask: Tensor | None
    """(batch, num_keys), True for live keys."""


def _refuse(what: str) -> NoReturn:
    raise ValueError(
        f"bochner: the model's mask is {what}, expected a causal one, a causal one within a "
        'sliding window, or padding alone; use model.set_attn_implementation("eager")'
    )


def _origin(function: Callable[..., Any]) -> str:
    """The name of what made a mask function."""
    return getattr(function, "__qualname__", type(function).__name__).partition(".<locals>")[0]


def _parts(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The functions that one is the intersection of."""
    if _origin(function) == "and_masks":
        functions = inspect.getclosurevars(function).nonlocals["mask_functions"]
        return [part for each in functions for part in _parts(each)]
    return [function]


def _pattern_of(function: Callable[..., Any], num_keys: int) -> _Pattern:
    """The pattern of one of transformers' mask functions."""
    if function is causal_mask_function:
        return _Pattern(causal=True)
    if function is bidirectional_mask_function:
        return _Pattern(causal=False)
    causal = False
    window: int | None = None
    others = []
    for part in _parts(function):
        origin = _origin(part)
        if part is causal_mask_function:
            causal = True
        elif origin == "sliding_window_overlay":
            window = inspect.getclosurevars(part).nonlocals["sliding_window"]
        elif origin == "sliding_window_bidirectional_overlay":
            # Up to that distance and no further: the longest one is that of the first and last key.
            if num_keys - 1 > inspect.getclosurevars(part).nonlocals["sliding_window"]:
                others.append(origin)
        elif part is not bidirectional_mask_function:
            others.append(origin)
    if others or (window is not None and not causal):
        _refuse(" and ".join(others or ["a window without a causal mask"]))
    return _Pattern(causal, window)


def _number(offset: int | Tensor) -> int:
    if isinstance(offset, torch.Tensor) and torch.compiler.is_compiling():
        raise ValueError(
            "bochner: a static cache is not offered in compiled graphs, since its length would be "
            "data; expected a dynamic cache"
        )
    return int(offset)


def _live(mask: Tensor, begin: int, count: int) -> Tensor:
    """Those of `count` keys from `begin` on; what the mask does not reach is dead."""
    live = mask[:, begin : begin + count].bool()
    return torch.nn.functional.pad(live, (0, count - live.shape[1]))


def attention_mask(
    batch_size: int,
    q_length: int,
    kv_length: int,
    q_offset: int | Tensor = 0,
    kv_offset: int = 0,
    mask_function: Callable[..., Any] = causal_mask_function,
    attention_mask: Tensor | None = None,
    allow_is_causal_skip: bool = True,
    allow_is_bidirectional_skip: bool = False,
    device: torch.device | str = "cpu",
    **_others: Any,
) -> Tensor | None:
    """What stands for a mask on its way to the layers, in transformers' own terms."""
    causal, window = _pattern_of(mask_function, kv_length)
    if attention_mask is not None and attention_mask.dim() != 2:
        _refuse(f"of {attention_mask.dim()} dimensions")
    count = _number(q_offset) + q_length - kv_offset if causal else kv_length
    if window is not None and window >= count:
        window = None
    live = None if attention_mask is None else _live(attention_mask, kv_offset, count)
    may_skip = allow_is_causal_skip if causal else allow_is_bidirectional_skip
    if may_skip and window is None and count == kv_length:
        all_live = live is None or (not torch.compiler.is_compiling() and bool(live.all()))
        if all_live:
            return None
    if live is None:
        live = torch.ones((batch_size, count), dtype=torch.bool, device=device)
    if not causal:
        return live[:, None, None, :]
    tagged = live.to(torch.uint8)[:, None, None, :]
    return tagged if window is None else tagged.expand(-1, _WINDOWED, window, -1)


def seen_keys(
    layer: str,
    mask: Tensor | None,
    causal: bool,
    sliding_window: int | None,
    batch: int,
    num_keys: int,
) -> SeenKeys:
    """What a layer's mask says; without one its own flag and window do."""
    if mask is None:
        window = (
            sliding_window if sliding_window is not None and sliding_window < num_keys else None
        )
        if window is not None and not causal:
            _refuse("a window without a causal mask")
        return SeenKeys(causal, num_keys, window, None)
    if mask.dtype not in (torch.bool, torch.uint8):
        raise ValueError(
            f"bochner: {layer} has a mask of {mask.dtype}, which adds to logits, expected one of "
            "bool"
        )
    causal = mask.dtype is torch.uint8
    windowed = causal and mask.dim() == 4 and mask.shape[1] == _WINDOWED
    if mask.dim() != 4 or not (windowed or mask.shape[1:3] == (1, 1)):
        raise ValueError(
            f"bochner: {layer} has a mask of shape {tuple(mask.shape)}, and masks over pairs are "
            "not offered, expected a mask of tokens (batch, keys) for the model; use "
            'model.set_attn_implementation("eager")'
        )
    window = mask.shape[2] if windowed else None
    mask = mask[:, 0, 0].bool()
    if mask.shape[0] not in (1, batch) or mask.shape[1] > num_keys:
        raise ValueError(
            f"bochner: {layer} has a mask of {mask.shape[0]} x {mask.shape[1]} keys, expected "
            f"{batch} x {num_keys} (batch, keys)"
        )
    return SeenKeys(causal, mask.shape[1], window, mask.expand(batch, -1))
