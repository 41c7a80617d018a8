# SPDX-License-Identifier: Apache-2.0
"""Sums over keys by the kernel itself, in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from bochner.torch._parts import Part, joined, no_keys, of_logits

if TYPE_CHECKING:
    from torch import Tensor

ROWS = 256


class KernelRows(NamedTuple):
    """Queries and keys after the kernel's A: logarithms of the kernel are products of them."""

    queries: Tensor
    """(batch, key heads, queries a key head, L, d)"""
    keys: Tensor
    """(batch, key heads, 1, S, d)"""
    gaussian: Tensor
    """(maps, 1, 1, 1): 1 where squares are to be taken away."""
    rates: Tensor | None
    """(key heads, 1, 1, 1): the rates at which weights decay with the distance."""
    offset: int
    """Position of query 0."""


class Seen(NamedTuple):
    """The keys that query i may see: ``i + first <= j < i + until``, as far as these are given."""

    first: int | None = None
    until: int | None = None


def kernel_rows(
    queries: Tensor,
    keys: Tensor,
    kernel: Tensor,
    gaussian: Tensor,
    rates: Tensor | None,
    offset: int,
) -> KernelRows:
    """Of raw rows. Gaussian kernels see differences alone: the first key is where these start."""
    origin = keys[..., :1, :].detach() * gaussian if keys.shape[-2] > 0 else 0.0
    return KernelRows(
        (queries - origin) @ kernel, (keys - origin) @ kernel, gaussian, rates, offset
    )


def _logits(rows: KernelRows, first: int, end: int, keys: Tensor, delta: Tensor) -> Tensor:
    """Of queries first .. end - 1 and of keys; `delta` is key less query."""
    queries = rows.queries[..., first:end, :]
    squares = queries.square().sum(-1, keepdim=True) + keys.square().sum(-1, keepdim=True).mT
    logits = queries @ keys.mT - 0.5 * rows.gaussian * squares
    if rows.rates is not None:
        logits = logits - rows.rates * (rows.offset - delta)
    return logits


def over_pairs(
    rows: KernelRows,
    values: Tensor,
    live: Tensor | None,
    seen: Seen,
    positions: Tensor | None = None,
    bias: Tensor | None = None,
) -> Part:
    """Queries and the keys that they may see.

    Parameters
    ----------
    rows : KernelRows
    values : Tensor
        (batch, key heads, 1, S, d_v + 1)
    live : Tensor, optional
        What broadcasts to (batch, key heads, queries a key head, L, S), True for pairs that count.
    seen : Seen
    positions : Tensor, optional
        (batch, key heads, 1, 1, S): those of the keys, 0, 1, ... without.
    bias : Tensor, optional
        Added to logits, of that shape, too.
    """
    num_queries, num_keys = rows.queries.shape[-2], rows.keys.shape[-2]
    parts = [no_keys(values, (*rows.queries.shape[:-2], 0), values.shape[-1])]
    for first in range(0, num_queries, ROWS):
        end = min(first + ROWS, num_queries)
        begin, stop = 0, num_keys
        if positions is None:  # keys come in order: the others need not be looked at
            if seen.first is not None:
                begin = min(max(first + seen.first, 0), num_keys)
            if seen.until is not None:
                stop = max(min(end - 1 + seen.until, num_keys), begin)
        if begin == stop:
            shape = (*rows.queries.shape[:-2], end - first)
            parts.append(no_keys(values, shape, values.shape[-1]))
            continue
        device = values.device
        at = torch.arange(begin, stop, device=device) if positions is None else positions
        delta = at - torch.arange(first, end, device=device).unsqueeze(-1)
        logits = _logits(rows, first, end, rows.keys[..., begin:stop, :], delta)
        if bias is not None:
            logits = logits + _block(bias, first, end, begin, stop)
        hidden = torch.zeros_like(delta, dtype=torch.bool)
        if seen.first is not None:
            hidden = hidden | (delta < seen.first)
        if seen.until is not None:
            hidden = hidden | (delta >= seen.until)
        if live is not None:
            hidden = hidden | ~_block(live, first, end, begin, stop)
        logits = logits.masked_fill(hidden, -torch.inf)
        parts.append(of_logits(logits, values[..., begin:stop, :]))
    return joined(parts)


def _block(x: Tensor, first: int, end: int, begin: int, stop: int) -> Tensor:
    """Of what broadcasts over pairs, the part of some queries and keys."""
    if x.shape[-2] > 1:
        x = x[..., first:end, :]
    return x[..., begin:stop] if x.shape[-1] > 1 else x


class ChosenKeys(NamedTuple):
    """Keys that every query weighs exactly."""

    positions: Tensor
    """(batch, key heads or 1, n)"""
    counts: Tensor
    """Of that shape: whether there are so many keys."""
    chosen: Tensor
    """(batch, key heads or 1, S)"""

    def rows_of(self, x: Tensor) -> Tensor:
        """Their rows of (batch, key heads, 1, S, columns)."""
        return torch.take_along_dim(x, self.positions[:, :, None, :, None], dim=3)


def chosen_keys(
    keys: Tensor, live: Tensor | None, first_keys: int, heaviest_keys: int
) -> ChosenKeys:
    """The first live keys and the longest ones, of equals the first ones.

    Parameters
    ----------
    keys : Tensor
        (batch, key heads, S, d), as they were given.
    live : Tensor, optional
        (batch, S)
    first_keys, heaviest_keys : int
    """
    batch, heads, num_keys, _ = keys.shape
    if live is None:
        live = torch.ones((batch, num_keys), dtype=torch.bool, device=keys.device)
    chosen = (live & (live.cumsum(-1) <= first_keys)).unsqueeze(1)
    count = min(first_keys, num_keys)
    if heaviest_keys > 0:
        wide = keys if keys.device.type == "mps" else keys.double()
        length = wide.detach().square().sum(-1).nan_to_num(nan=torch.inf, posinf=torch.inf)
        length = torch.where(live.unsqueeze(1), length, -torch.ones_like(length))
        order = length.sort(dim=-1, descending=True, stable=True).indices
        heavy = torch.zeros_like(length, dtype=torch.bool)
        heavy = heavy.scatter(-1, order[..., :heaviest_keys], True)
        chosen = chosen.expand(batch, heads, num_keys) | (heavy & live.unsqueeze(1))
        count = min(first_keys + heaviest_keys, num_keys)
    index = (~chosen).to(torch.int8).sort(dim=-1, stable=True).indices[..., :count]
    return ChosenKeys(index, torch.take_along_dim(chosen, index, dim=-1), chosen)
