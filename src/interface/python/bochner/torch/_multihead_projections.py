# SPDX-License-Identifier: Apache-2.0
"""The linear maps around multi-head attention."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from bochner._options import whole


class MultiheadProjections(nn.Module):
    """The parameters of `torch.nn.MultiheadAttention`, by its names and of its shapes.

    ``in_proj_weight`` of all three inputs where they have `embed_dim` columns and as many heads, or
    ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight``; ``in_proj_bias``; ``out_proj``.
    """

    in_proj_weight: nn.Parameter | None
    q_proj_weight: nn.Parameter | None
    k_proj_weight: nn.Parameter | None
    v_proj_weight: nn.Parameter | None
    in_proj_bias: nn.Parameter | None

    def __init__(
        self,
        function: str,
        embed_dim: int,
        num_heads: int,
        key_heads: int,
        kdim: int | None,
        vdim: int | None,
        bias: bool,
        made: dict[str, Any],
    ) -> None:
        super().__init__()
        self.embed_dim = whole(function, "embed_dim", embed_dim, 1)
        self.num_heads = whole(function, "num_heads", num_heads, 1)
        self.num_key_heads = whole(function, "num_key_heads", key_heads, 1)
        self.kdim = embed_dim if kdim is None else whole(function, "kdim", kdim, 1)
        self.vdim = embed_dim if vdim is None else whole(function, "vdim", vdim, 1)
        for name, whose in (("embed_dim", "num_heads"), ("num_heads", "num_key_heads")):
            value, divisor = getattr(self, name), getattr(self, whose)
            if value % divisor != 0:
                raise ValueError(
                    f"{function}: {name} is {value}, expected a multiple of {whose} ({divisor})"
                )
        self.head_dim = embed_dim // num_heads
        self._make_parameters(bias, made)

    def _rows(self) -> list[int]:
        """Of the weights of queries, keys and values."""
        columns = self.num_key_heads * self.head_dim
        return [self.embed_dim, columns, columns]

    def _make_parameters(self, bias: bool, made: dict[str, Any]) -> None:
        rows = self._rows()
        widths = (self.embed_dim, self.kdim, self.vdim)
        names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
        together = {*rows, *widths} == {self.embed_dim}
        packed = nn.Parameter(torch.empty(sum(rows), self.embed_dim, **made)) if together else None
        self.register_parameter("in_proj_weight", packed)
        for name, height, width in zip(names, rows, widths, strict=True):
            alone = None if together else nn.Parameter(torch.empty(height, width, **made))
            self.register_parameter(name, alone)
        offsets = nn.Parameter(torch.empty(sum(rows), **made)) if bias else None
        self.register_parameter("in_proj_bias", offsets)
        self.out_proj = nn.Linear(self.embed_dim, self.embed_dim, bias=bias, **made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weights and biases as `torch.nn.MultiheadAttention` starts them."""
        for weight in (
            self.in_proj_weight,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
        ):
            if weight is not None:
                nn.init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            nn.init.zeros_(self.in_proj_bias)
            nn.init.zeros_(self.out_proj.bias)

    def projected(self, inputs: tuple[Tensor, ...], first: int = 0) -> list[Tensor]:
        """(batch, heads, length, head dimension) of inputs, the first one of queries being 0."""
        rows = self._rows()
        weights: list[Tensor]
        if self.in_proj_weight is not None:
            weights = list(self.in_proj_weight.split(rows))
        else:
            assert self.q_proj_weight is not None
            assert self.k_proj_weight is not None
            assert self.v_proj_weight is not None
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        offsets: list[Tensor | None] = [None] * 3
        if self.in_proj_bias is not None:
            offsets = list(self.in_proj_bias.split(rows))
        found = []
        for i, x in enumerate(inputs, first):
            flat = nn.functional.linear(x, weights[i], offsets[i])
            found.append(flat.unflatten(-1, (-1, self.head_dim)).transpose(1, 2))
        return found
