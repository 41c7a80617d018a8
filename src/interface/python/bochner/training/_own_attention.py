# SPDX-License-Identifier: Apache-2.0
"""Self-attention that is not `FavorAttention`: exact, and by features that torch computes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

import bochner
from bochner._core.options import (
    CoordinatesProjection,
    DotProductKernel,
    FeatureMapSpec,
    IdentityFeatures,
    PositiveFeatures,
    SoftmaxKernel,
)
from bochner.torch import attention, spec_text
from bochner.torch._multihead_projections import MultiheadProjections

if TYPE_CHECKING:
    from collections.abc import Callable


# Of exponential features of keys: sums of 2^20 times exp(25) are far within float32.
_LARGEST_LOG = 25.0


class Frame(NamedTuple):
    """Where an attention goes."""

    embed_dim: int
    num_heads: int
    num_features: int
    """Columns of the features of a head, which alternatives of fixed size do not heed."""
    window: int
    """Keys up to a query that are weighed exactly; 0 for none."""
    length: int
    """Of the longest sequence."""
    seed: int
    layer: int
    device: torch.device

    @property
    def head_dim(self) -> int:
        """Columns of a head."""
        return self.embed_dim // self.num_heads

    @property
    def pairs(self) -> str:
        """What is weighed exactly, as text."""
        return f"window={self.window}" if self.window > 0 else ""

    def without_window(self, name: str, reason: str) -> None:
        """Refuse a window."""
        if self.window > 0:
            raise ValueError(f"{name}: window is {self.window}, expected 0: {reason}")


class OwnAttention(MultiheadProjections):
    """The projections of `FavorAttention`, by its names, around another attention."""

    def __init__(self, frame: Frame) -> None:
        made: dict[str, Any] = {"device": frame.device, "dtype": None}
        heads = frame.num_heads
        super().__init__(type(self).__name__, frame.embed_dim, heads, heads, None, None, True, made)

    def heads(self, q: Tensor, k: Tensor, v: Tensor, live: Tensor | None, causal: bool) -> Tensor:
        """Rows (batch, heads, length, head dimension); `live` is (batch, length)."""
        raise NotImplementedError

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        *,
        is_causal: bool = False,
    ) -> tuple[Tensor, None]:
        """As `FavorAttention`, batch first."""
        q, k, v = self.projected((query, key, value))
        live = None if key_padding_mask is None else ~key_padding_mask
        found = self.heads(q, k, v, live, is_causal)
        return self.out_proj(found.transpose(1, 2).flatten(2)), None


class ExactAttention(OwnAttention):
    """Torch's own attention."""

    def heads(self, q: Tensor, k: Tensor, v: Tensor, live: Tensor | None, causal: bool) -> Tensor:
        """The softmax of all logits."""
        mask = None if live is None else live[:, None, None, :]
        return scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)


class GivenFeatures(nn.Module):
    """Features of queries and of keys: (batch, heads, length, columns) of rows of a head."""

    columns: int

    def forward(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Of both."""
        raise NotImplementedError


class GivenAttention(OwnAttention):
    """Attention by features that torch computes, `bochner.IdentityFeatures` to the library."""

    def __init__(self, frame: Frame, features: Callable[[Frame], GivenFeatures]) -> None:
        super().__init__(frame)
        self.features = features(frame)
        columns = self.features.columns
        self.spec = FeatureMapSpec(
            columns,
            columns,
            DotProductKernel([0.0, 1.0]),
            CoordinatesProjection(),
            IdentityFeatures(),
        )
        self._text = spec_text(self.spec)

    def heads(self, q: Tensor, k: Tensor, v: Tensor, live: Tensor | None, causal: bool) -> Tensor:
        """The library's sums."""
        features_of_q, features_of_k = self.features(q, k)
        return attention(self._text, features_of_q, features_of_k, v, causal=causal, key_mask=live)


class RowsThemselves(GivenFeatures):
    """phi(x) = x: normalisers of any sign."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.columns = frame.head_dim

    def forward(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Nothing to do."""
        return q, k


class CosineFeatures(GivenFeatures):
    """cosFormer [Qin22]: phi(x)_i = relu(x) (cos(t_i), sin(t_i)), t_i = pi i / (2 length).

    Weights are relu(q) . relu(k) cos(t_i - t_j), none of them negative.
    """

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.columns = 2 * frame.head_dim
        angles = torch.arange(frame.length, device=frame.device) * (0.5 * math.pi / frame.length)
        turns = torch.stack([angles.cos(), angles.sin()], -1)
        self.register_buffer("turns", turns[:, :, None], persistent=False)

    def _of(self, x: Tensor) -> Tensor:
        turns = self.get_buffer("turns")[: x.shape[2]]
        return (x.relu().unsqueeze(3) * turns).flatten(3)

    def forward(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Of both."""
        return self._of(q), self._of(k)


class ExponentialFeatures(GivenFeatures):
    """phi(x)_r = exp(w_r . x / d^(1/4)): f = exp in generalised attention [Choromanski21].

    Positive features without the factor exp(-|x|^2 / 2). What attention does not see, a factor for
    each query and one for all keys, keeps them in range: that of keys is 1 while no logarithm of
    theirs is above 25, and exp(25 - m) where the largest is m. From m = 112 on, keys of logarithm 0
    and less leave the normal numbers of float32, and rows of a causal model that see no others
    lose their digits and then their normaliser to a key that comes later.
    """

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.columns = frame.num_features
        kernel = SoftmaxKernel.for_dimension(frame.head_dim)
        base = FeatureMapSpec(
            frame.head_dim,
            frame.num_features,
            kernel,
            features=PositiveFeatures(),
            seed=frame.seed,
        )
        maps = bochner.head_maps(base, frame.layer, frame.num_heads)
        rows = torch.stack([torch.from_numpy(each.frequencies()).float() for each in maps])
        self.register_buffer("rows", rows.to(frame.device), persistent=False)
        self._root = kernel.scale**0.5

    def forward(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Of both."""
        logs = [self._root * x @ self.get_buffer("rows").mT for x in (q, k)]
        units = [
            logs[0].detach().amax(3, keepdim=True),
            (logs[1].detach().amax((2, 3), keepdim=True) - _LARGEST_LOG).clamp(min=0.0),
        ]
        of_q, of_k = ((log - unit).exp() for log, unit in zip(logs, units, strict=True))
        return of_q, of_k
