# SPDX-License-Identifier: Apache-2.0
"""Multi-head attention by random features, in the place of `torch.nn.MultiheadAttention`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

import bochner
from bochner._core.options import FeatureMapSpec, HyperbolicFeatures, SoftmaxKernel
from bochner._options import one_of
from bochner.torch._attention import Rates, attend
from bochner.torch._attention_cache import AttentionCache
from bochner.torch._checks import Backend, rates_of, with_scale
from bochner.torch._feature_map import FeatureMap
from bochner.torch._maps import lines_of
from bochner.torch._masks import is_causal_mask, live_keys
from bochner.torch._multihead_projections import MultiheadProjections
from bochner.torch._nested_rows import nested, padded
from bochner.torch._pairs import Pairs, pairs_of, pairs_text
from bochner.torch._tensors import NARROW

if TYPE_CHECKING:
    from bochner.torch._maps import Specs

_NAME = "FavorAttention"


class FavorAttention(MultiheadProjections):
    """Multi-head attention by random features: linear in the length of the sequence.

    FAVOR+ [Choromanski21]: the projections of `torch.nn.MultiheadAttention` around `attention`, one
    map per key head. Parameters have its names and shapes, so its weights load, and the module may
    take the place of `self_attn` and `multihead_attn` in torch's encoder and decoder layers.

    Three things differ. Weights are no part of the work: `need_weights` is False unless it is asked
    for, and then costs O(L S D). Masks over pairs are causal or none. Dropout of weights, which are
    never formed, is refused.

    Parameters
    ----------
    embed_dim, num_heads : int
        Heads have ``embed_dim / num_heads`` dimensions.
    dropout : float
        0.
    bias : bool
        Whether projections have biases.
    add_bias_kv, add_zero_attn : bool
        False: both would append keys.
    kdim, vdim : int, optional
        Columns of keys and values, `embed_dim` without.
    batch_first : bool
        Whether tensors are (batch, length, dimension), not (length, batch, dimension).
    device, dtype : optional
        Of parameters and buffers.
    num_key_heads : int, optional
        Divides `num_heads`: grouped and multi-query attention.
    specs : FeatureMapSpec, FeatureMap or str, or a sequence of them, optional
        One map for all heads, or one per key head. Without it, hyperbolic features of
        `num_frequencies` orthogonal frequencies for the scale ``1 / sqrt(head dimension)``, drawn
        for each head from `seed` and `layer` (`bochner.head_specs`).
    num_frequencies, seed, layer : int
        For these.
    softmax_scale : {"fixed", "learned", "learned-per-head"}
        Whether the scale is a parameter, ``log_softmax_scale``, of all heads or of each key head.
    decay : sequence of numbers or "alibi", optional
        One rate for each key head; causal calls alone.
    exact : ExactPairs or its text, optional
        The pairs that are weighed exactly.
    rest : {"features", "none"}
        How the others are weighed.
    backend : {"auto", "fused", "torch"}
        As in `attention`.

    Raises
    ------
    TypeError, ValueError
        When arguments do not fit, naming the argument.

    Examples
    --------
    >>> import torch
    >>> from bochner.torch import FavorAttention
    >>> layer = torch.nn.TransformerEncoderLayer(32, 4, batch_first=True)
    >>> favor = FavorAttention(32, 4, batch_first=True)
    >>> missing = favor.load_state_dict(layer.self_attn.state_dict(), strict=False)
    >>> missing.missing_keys
    ['feature_map.redraws', 'feature_map._extra_state']
    >>> layer.self_attn = favor
    >>> layer(torch.randn(2, 100, 32)).shape
    torch.Size([2, 100, 32])
    """

    # Torch's layers ask this before they call kernels of their own with the weights of `self_attn`,
    # which would be exact attention: no.
    _qkv_same_embed_dim = False

    log_softmax_scale: nn.Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        num_key_heads: int | None = None,
        specs: Specs | None = None,
        num_frequencies: int = 256,
        seed: int = 0,
        layer: int = 0,
        softmax_scale: Literal["fixed", "learned", "learned-per-head"] = "fixed",
        decay: Rates | Literal["alibi"] = None,
        exact: Pairs = None,
        rest: Literal["features", "none"] = "features",
        backend: Backend = "auto",
    ) -> None:
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        key_heads = num_heads if num_key_heads is None else num_key_heads
        super().__init__(_NAME, embed_dim, num_heads, key_heads, kdim, vdim, bias, made)
        _refuse_unheard(dropout, add_bias_kv, add_zero_attn)
        self.batch_first = batch_first
        self.dropout = 0.0
        self.exact = pairs_text(_NAME, exact)
        pairs_of(self.exact)
        self.rest = one_of(_NAME, "rest", rest, ("features", "none"))
        self.decay = _rates(decay, key_heads)
        self.backend: Backend = backend
        if specs is None:
            kernel = SoftmaxKernel.for_dimension(self.head_dim)
            base = FeatureMapSpec(
                self.head_dim, num_frequencies, kernel, features=HyperbolicFeatures(), seed=seed
            )
            specs = bochner.head_specs(base, layer, key_heads)
        self.feature_map = FeatureMap(specs, device=device, dtype=dtype)
        _require_fitting(self.feature_map, self.head_dim, key_heads)
        self._make_scale(softmax_scale, made)

    def _make_scale(self, softmax_scale: str, made: dict[str, Any]) -> None:
        words = ("fixed", "learned", "learned-per-head")
        one_of(_NAME, "softmax_scale", softmax_scale, words)
        parameter = None
        if softmax_scale != "fixed":
            scales = [
                getattr(spec.kernel, "scale", None) for spec in lines_of(self.feature_map.text)
            ]
            if None in scales:
                raise ValueError(
                    f"{_NAME}: softmax_scale is {softmax_scale!r}, and the kernel of specs is not "
                    "softmax"
                )
            start = torch.tensor(scales, **made).log()
            per_head = softmax_scale == "learned-per-head"
            start = start.expand(self.num_key_heads) if per_head else start.mean()
            parameter = nn.Parameter(start.clone())
        self.register_parameter("log_softmax_scale", parameter)

    def redraw(self) -> None:
        """Draw new frequencies for all heads: a function of their seeds and of how often."""
        self.feature_map.redraw()

    def _scale(self) -> Tensor | None:
        return None if self.log_softmax_scale is None else self.log_softmax_scale.exp()

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = False,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend.

        Parameters
        ----------
        query : tensor of shape (L, batch, embed_dim)
            (batch, L, embed_dim) with `batch_first`, or (L, embed_dim) of one sequence.
        key, value : tensors of shape (S, batch, kdim) and (S, batch, vdim)
            Likewise.
        key_padding_mask : tensor of shape (batch, S), optional
            True, or minus infinity, for keys to ignore.
        need_weights : bool
            Whether to return the weights, too, which are then computed apart, as what attention
            makes of an identity matrix in place of the values.
        attn_mask : tensor of shape (L, S), optional
            The causal mask, or one that hides nothing.
        average_attn_weights : bool
            Whether these are means over heads.
        is_causal : bool
            Query i sees the keys up to i; with `attn_mask`, that is the causal mask.

        Returns
        -------
        tuple of tensor and tensor or None
            The output, of the shape of `query`, and the weights, (batch, L, S) or (batch, heads, L,
            S).

        Raises
        ------
        TypeError, ValueError
            On shapes, dtypes and masks that do not fit.
        """
        if query.is_nested:
            return self._of_nested(query, key, value, attn_mask, is_causal), None
        inputs = {"query": query, "key": key, "value": value}
        single = query.dim() == 2
        for name, x in inputs.items():
            if x.dim() != (2 if single else 3):
                raise ValueError(
                    f"{_NAME}: {name} has {x.dim()} dimensions, expected "
                    f"{'2, as query has' if single else 3}"
                )
        if single:
            query, key, value = (x.unsqueeze(0) for x in (query, key, value))
            if key_padding_mask is not None and key_padding_mask.dim() == 1:
                key_padding_mask = key_padding_mask.unsqueeze(0)
        elif not self.batch_first:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        widths = (self.embed_dim, self.kdim, self.vdim)
        for name, x, width in zip(inputs, (query, key, value), widths, strict=True):
            if x.shape[2] != width:
                raise ValueError(f"{_NAME}: {name} has {x.shape[2]} columns, expected {width}")
        q, k, v = self.projected((query, key, value))
        causal = is_causal_mask(_NAME, attn_mask, is_causal, q.shape[2], k.shape[2])
        options: dict[str, Any] = {
            "causal": causal,
            "key_mask": live_keys(_NAME, key_padding_mask, k.shape[0], k.shape[2]),
            "softmax_scale": self._scale(),
            "decay": self.decay,
            "exact": self.exact,
            "rest": self.rest,
            "redraws": self.feature_map.redraws,
            "backend": self.backend,
            "constants": self._constants(q),
        }
        heads = attend(_NAME, self.feature_map.text, q, k, v, **options)
        out = self.out_proj(heads.transpose(1, 2).flatten(2))
        if single:
            out = out.squeeze(0)
        elif not self.batch_first:
            out = out.transpose(0, 1)
        if not need_weights:
            return out, None
        identity = torch.eye(k.shape[2], dtype=v.dtype, device=v.device)
        identity = identity.expand(*k.shape[:2], -1, -1)
        weights = attend(_NAME, self.feature_map.text, q, k, identity, **options)
        if average_attn_weights:
            weights = weights.mean(1)
        return out, weights.squeeze(0) if single else weights

    def _of_nested(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None, causal: bool
    ) -> Tensor:
        """`forward` of nested tensors, batch first, as torch's encoder hands them over."""
        rows, live = padded(query)
        keys, live_of_keys = padded(key)
        values, _ = padded(value)
        if not self.batch_first:
            rows, keys, values = (x.transpose(0, 1) for x in (rows, keys, values))
        out, _ = self.forward(
            rows, keys, values, ~live_of_keys, attn_mask=attn_mask, is_causal=causal
        )
        return nested(out if self.batch_first else out.transpose(0, 1), live)

    def _constants(self, q: Tensor) -> Any:
        constants = self.feature_map.constants()
        wanted = torch.float32 if q.dtype in NARROW else q.dtype
        fits = constants is not None and constants.gaussian.dtype is wanted
        return constants if fits else None

    def start(self, batch: int, dtype: torch.dtype | None = None) -> AttentionCache:
        """An empty cache for `advance`: constant memory, however long the sequence becomes.

        Parameters
        ----------
        batch : int
            Batch entries.
        dtype : dtype, optional
            Of the rows, that of the parameters without.

        Returns
        -------
        AttentionCache

        Raises
        ------
        ValueError
            When `exact` has heaviest keys or blocks, which no cache holds.
        """
        dtype = self.out_proj.weight.dtype if dtype is None else dtype
        specs = self.feature_map.specs
        return AttentionCache(
            specs,
            batch,
            self.num_key_heads,
            self.head_dim,
            dtype,
            self.exact,
            self.rest,
            self.decay,
        )

    @torch.no_grad()
    def advance(
        self, x: Tensor, cache: AttentionCache, *, key_mask: Tensor | None = None
    ) -> Tensor:
        """Causal self-attention of the next rows of sequences, without gradients, on the CPU.

        The last rows of `forward` with `is_causal` over all rows so far, however these are cut into
        calls.

        Parameters
        ----------
        x : tensor of shape (batch, n, embed_dim)
            Always batch first.
        cache : AttentionCache
            Takes in the rows.
        key_mask : bool tensor of shape (batch, n), optional
            True for rows that are there: padding on any side leaves no trace.

        Returns
        -------
        tensor of shape (batch, n, embed_dim)

        Raises
        ------
        TypeError, ValueError
            As `AttentionState.advance`, and on another device than the CPU.
        """
        q, k, v = self.projected((x, x, x))
        q, k = with_scale(_NAME, q, k, self._scale(), self.feature_map.text)
        return self.out_proj(cache.advance(q, k, v, key_mask=key_mask).transpose(1, 2).flatten(2))

    @torch.no_grad()
    def remember(
        self, key: Tensor, value: Tensor, cache: AttentionCache, *, key_mask: Tensor | None = None
    ) -> None:
        """Let a cache take in keys and values (batch, n, columns), as of an encoder's output."""
        k, v = self.projected((key, value), first=1)
        _, k = with_scale(_NAME, k, k, self._scale(), self.feature_map.text)
        cache.append(k, v, key_mask=key_mask)

    @torch.no_grad()
    def recall(self, query: Tensor, cache: AttentionCache) -> Tensor:
        """What queries (batch, n, embed_dim) make of all that a cache has taken in."""
        (q,) = self.projected((query,))
        no_keys = q[:, : self.num_key_heads, :0]
        q, _ = with_scale(_NAME, q, no_keys, self._scale(), self.feature_map.text)
        return self.out_proj(cache.attend(q).transpose(1, 2).flatten(2))


def _rates(decay: Rates | str, key_heads: int) -> list[float] | None:
    if decay is None:
        return None
    if not isinstance(decay, str):
        return rates_of(_NAME, decay, key_heads)
    if decay != "alibi":
        raise ValueError(f"{_NAME}: decay is {decay!r}, expected rates or 'alibi'")
    return [float(slope) for slope in bochner.alibi_slopes(key_heads)]


def _refuse_unheard(dropout: float, add_bias_kv: bool, add_zero_attn: bool) -> None:
    if dropout != 0.0:
        raise ValueError(
            f"{_NAME}: dropout is {dropout}, expected 0: linear attention never forms the weights "
            "that it would drop"
        )
    for name, given in (("add_bias_kv", add_bias_kv), ("add_zero_attn", add_zero_attn)):
        if given:
            raise ValueError(f"{_NAME}: {name} is True, which is not offered")


def _require_fitting(feature_map: FeatureMap, head_dim: int, key_heads: int) -> None:
    specs = lines_of(feature_map.text)
    if len(specs) not in (1, key_heads):
        raise ValueError(
            f"{_NAME}: specs has {len(specs)} entries, expected 1 or {key_heads} (one per key head)"
        )
    for spec in specs:
        if spec.input_dim != head_dim:
            raise ValueError(
                f"{_NAME}: specs have input_dim {spec.input_dim}, expected {head_dim} (embed_dim / "
                "num_heads)"
            )
