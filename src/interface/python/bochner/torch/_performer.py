# SPDX-License-Identifier: Apache-2.0
"""Performers: transformers whose attention is linear in the length of the sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from torch import Tensor, nn

import bochner
from bochner._options import whole
from bochner.torch._favor_attention import FavorAttention

if TYPE_CHECKING:
    from bochner.torch._attention_cache import AttentionCache

# Where the seeds of cross-attention branch off from those of layers: "cross" in ASCII.
_CROSS_ATTENTION = 0x63726F7373


class FeedForward(nn.Sequential):
    """Two linear layers and a GELU between them."""

    def __init__(self, embed_dim: int, hidden_dim: int, dropout: float, **made: Any) -> None:
        super().__init__(
            nn.Linear(embed_dim, hidden_dim, **made),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, embed_dim, **made),
        )


class LayerCache(NamedTuple):
    """What a layer of a decoder keeps: of its own rows, and of the memory where it reads one."""

    own: AttentionCache
    memory: AttentionCache | None


class PerformerLayer(nn.Module):
    """Attention, attention to a memory where there is one, and a feed-forward network.

    Pre-norm: ``x + f(norm(x))`` for each of the three.

    Parameters
    ----------
    embed_dim, num_heads : int
    hidden_dim : int, optional
        Of the feed-forward network, ``4 * embed_dim`` without.
    dropout : float
        Of what is added to the rows, and inside the feed-forward network.
    memory_dim : int, optional
        Columns of an encoder's rows; without it the layer reads none.
    device, dtype : optional
    **attention
        What else `FavorAttention` takes: specs or num_frequencies, seed and layer, softmax_scale,
        decay, exact, rest, num_key_heads, backend. `decay` and `exact` are the self-attention's.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        *,
        hidden_dim: int | None = None,
        dropout: float = 0.0,
        memory_dim: int | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        **attention: Any,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        attention = {"batch_first": True, **made, **attention}
        self.self_norm = nn.LayerNorm(embed_dim, **made)
        self.self_attn = FavorAttention(embed_dim, num_heads, **attention)
        self.cross_attn: FavorAttention | None = None
        if memory_dim is not None:
            alone = {k: v for k, v in attention.items() if k not in ("decay", "exact", "rest")}
            # Draws of its own, not those of the self-attention.
            alone["seed"] = bochner.derive_seed(alone.get("seed", 0), _CROSS_ATTENTION)
            self.cross_norm = nn.LayerNorm(embed_dim, **made)
            self.cross_attn = FavorAttention(
                embed_dim, num_heads, kdim=memory_dim, vdim=memory_dim, **alone
            )
        self.norm = nn.LayerNorm(embed_dim, **made)
        hidden = 4 * embed_dim if hidden_dim is None else hidden_dim
        self.feed_forward = FeedForward(embed_dim, hidden, dropout, **made)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        causal: bool = False,
        key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
    ) -> Tensor:
        """Rows (batch, length, embed_dim) to rows of that shape."""
        rows = self.self_norm(x)
        seen, _ = self.self_attn(
            rows, rows, rows, key_padding_mask=key_padding_mask, is_causal=causal
        )
        x = x + self.dropout(seen)
        if self.cross_attn is not None:
            if memory is None:
                raise ValueError("PerformerLayer: memory is missing, which this layer attends to")
            seen, _ = self.cross_attn(
                self.cross_norm(x), memory, memory, key_padding_mask=memory_key_padding_mask
            )
            x = x + self.dropout(seen)
        elif memory is not None:
            raise ValueError(
                "PerformerLayer: memory is given, and the layer was made without memory_dim"
            )
        return x + self.dropout(self.feed_forward(self.norm(x)))

    def start(
        self, batch: int, memory: Tensor | None = None, memory_key_mask: Tensor | None = None
    ) -> LayerCache:
        """An empty cache of the layer's rows, and one of the memory."""
        own = self.self_attn.start(batch)
        if self.cross_attn is None:
            return LayerCache(own, None)
        if memory is None:
            raise ValueError("PerformerLayer: memory is missing, which this layer attends to")
        kept = self.cross_attn.start(batch)
        self.cross_attn.remember(memory, memory, kept, key_mask=memory_key_mask)
        return LayerCache(own, kept)

    @torch.no_grad()
    def advance(self, x: Tensor, cache: LayerCache, *, key_mask: Tensor | None = None) -> Tensor:
        """`forward`, causal, of the next rows, as in evaluation."""
        x = x + self.self_attn.advance(self.self_norm(x), cache.own, key_mask=key_mask)
        if self.cross_attn is not None and cache.memory is not None:
            x = x + self.cross_attn.recall(self.cross_norm(x), cache.memory)
        return x + self.feed_forward(self.norm(x))


class PerformerEncoder(nn.Module):
    """A stack of layers that see the whole sequence.

    Parameters
    ----------
    depth : int
        Number of layers.
    embed_dim, num_heads : int
    **options
        Those of `PerformerLayer` but `memory_dim`. `seed` is that of all layers, which draw
        independently of each other.

    Examples
    --------
    >>> import torch
    >>> from bochner.torch import PerformerEncoder
    >>> encoder = PerformerEncoder(2, 32, 4, num_frequencies=32)
    >>> encoder(torch.randn(1, 200, 32)).shape
    torch.Size([1, 200, 32])
    """

    def __init__(self, depth: int, embed_dim: int, num_heads: int, **options: Any) -> None:
        super().__init__()
        depth = whole("PerformerEncoder", "depth", depth, 1)
        self.layers = nn.ModuleList(
            PerformerLayer(embed_dim, num_heads, layer=layer, **options) for layer in range(depth)
        )
        made: dict[str, Any] = {key: options.get(key) for key in ("device", "dtype")}
        self.norm = nn.LayerNorm(embed_dim, **made)

    def forward(self, x: Tensor, *, key_padding_mask: Tensor | None = None) -> Tensor:
        """Rows (batch, length, embed_dim) to normalised rows of that shape."""
        for layer in self.layers:
            x = layer(x, key_padding_mask=key_padding_mask)
        return self.norm(x)


class PerformerDecoder(nn.Module):
    """A stack of layers in which a row sees the rows up to itself, and a memory where there is one.

    Parameters
    ----------
    depth : int
        Number of layers.
    embed_dim, num_heads : int
    **options
        Those of `PerformerLayer`; with `memory_dim` its layers attend to an encoder's rows, too.

    Examples
    --------
    >>> import torch
    >>> from bochner.torch import PerformerDecoder
    >>> _ = torch.manual_seed(0)
    >>> decoder = PerformerDecoder(2, 32, 4, num_frequencies=32).eval()
    >>> x = torch.randn(1, 20, 32)
    >>> cache = decoder.start(batch=1)
    >>> rows = [decoder.advance(x[:, i : i + 1], cache) for i in range(20)]
    >>> torch.allclose(torch.cat(rows, 1), decoder(x), atol=1e-5)
    True
    """

    def __init__(self, depth: int, embed_dim: int, num_heads: int, **options: Any) -> None:
        super().__init__()
        depth = whole("PerformerDecoder", "depth", depth, 1)
        self.layers = nn.ModuleList(
            PerformerLayer(embed_dim, num_heads, layer=layer, **options) for layer in range(depth)
        )
        made: dict[str, Any] = {key: options.get(key) for key in ("device", "dtype")}
        self.norm = nn.LayerNorm(embed_dim, **made)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
    ) -> Tensor:
        """Rows (batch, length, embed_dim) to normalised rows of that shape."""
        for layer in self.layers:
            x = layer(
                x,
                memory,
                causal=True,
                key_padding_mask=key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
            )
        return self.norm(x)

    def start(
        self,
        batch: int,
        memory: Tensor | None = None,
        *,
        memory_key_mask: Tensor | None = None,
    ) -> list[LayerCache]:
        """Empty caches for `advance`, one per layer.

        Parameters
        ----------
        batch : int
        memory : tensor of shape (batch, S, memory_dim), optional
        memory_key_mask : bool tensor of shape (batch, S), optional
            True for rows of the memory that are there.

        Returns
        -------
        list of LayerCache
        """
        layers = cast("list[PerformerLayer]", list(self.layers))
        return [layer.start(batch, memory, memory_key_mask) for layer in layers]

    @torch.no_grad()
    def advance(
        self, x: Tensor, caches: list[LayerCache], *, key_mask: Tensor | None = None
    ) -> Tensor:
        """The next rows (batch, n, embed_dim), without gradients and dropout, on the CPU.

        Parameters
        ----------
        x : tensor
        caches : list of LayerCache
            Of `start`; they take in the rows.
        key_mask : bool tensor of shape (batch, n), optional
            True for rows that are there.

        Returns
        -------
        tensor of shape (batch, n, embed_dim)
        """
        layers = cast("list[PerformerLayer]", list(self.layers))
        for layer, cache in zip(layers, caches, strict=True):
            x = layer.advance(x, cache, key_mask=key_mask)
        return self.norm(x)
