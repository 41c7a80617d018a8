# SPDX-License-Identifier: Apache-2.0
"""Random features in every head: a model as a Performer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from bochner import _attention, _exact_attention
from bochner._attention_costs import attention_nanoseconds
from bochner._attention_heads import head_specs
from bochner._attention_plans import HeadPlan
from bochner._calibration import calibrate
from bochner._core.options import ExactPairs
from bochner._map import FeatureMap
from bochner._options import one_of, seed_of, whole
from bochner._specs import features_of
from bochner.transformers._capture import capture
from bochner.transformers._plans import Decoding, ModelPlans, drawn
from bochner.transformers._written import Network, write_plans

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bochner._core.options import FeatureMapSpec
    from bochner._specs import FeaturesLike, ProjectionLike
    from bochner.transformers._capture import LayerSample

_NAME = "use_features"


def _specs(
    base: FeatureMapSpec, layer: int, sample: LayerSample, fit: str, threads: int
) -> list[FeatureMapSpec]:
    """Of the key heads of a layer."""
    if fit == "none":
        return head_specs(base, layer, sample.key_heads)
    queries, keys, _, lengths = (x.numpy() for x in sample.batch())
    live = np.arange(keys.shape[2]) < lengths[:, None]
    fitted: Literal["directions", "shifts"] = "directions" if fit == "directions" else "shifts"
    found = calibrate(base, layer, queries, keys, fit=fitted, key_mask=live, num_threads=threads)
    return [head.spec for head in found]


def _errors(specs: list[FeatureMapSpec], sample: LayerSample, threads: int) -> NDArray[np.float64]:
    """Of the query heads of a layer, root mean squares relative to those of exact outputs."""
    queries, keys, values, lengths = (x.numpy() for x in sample.batch())
    options: dict[str, Any] = {
        "causal": sample.causal,
        "key_lengths": lengths,
        "num_threads": threads,
    }
    found = _attention.attention(
        [FeatureMap(spec) for spec in specs], queries, keys, values, **options
    )
    exact = _exact_attention.exact_attention(specs[0].kernel, queries, keys, values, **options)
    off = ((found - exact).astype(np.float64) ** 2).sum(axis=(0, 2, 3))
    errors: NDArray[np.float64] = np.sqrt(off / (exact.astype(np.float64) ** 2).sum(axis=(0, 2, 3)))
    return errors


def _plans(specs: list[FeatureMapSpec], sample: LayerSample, threads: int) -> list[HeadPlan]:
    """Of the query heads of a layer."""
    queries, keys, values = sample.sequences[0]
    sizes = (queries.shape[1], keys.shape[1], max(sample.dim, values.shape[2]))
    columns = FeatureMap(specs[0]).num_features
    exact = attention_nanoseconds("exact", *sizes, columns, causal=sample.causal)
    ours = attention_nanoseconds("random-features", *sizes, columns, causal=sample.causal)
    group = sample.heads // sample.key_heads
    return [
        HeadPlan(
            method="features",
            spec=specs[head // group],
            exact=ExactPairs(),
            rest="features",
            error=float(error),
            source="measured",
            exact_share=0.0,
            nanoseconds=ours,
            exact_nanoseconds=exact,
            time=ours / exact,
            sentence="Random features, as was asked for.",
        )
        for head, error in enumerate(_errors(specs, sample, threads))
    ]


def use_features(
    model: Any,
    batches: Any,
    num_frequencies: int = 256,
    *,
    fit: Literal["directions", "shifts", "none"] = "directions",
    features: FeaturesLike = "hyperbolic-oprf",
    projection: ProjectionLike = "orthogonal",
    seed: int = 0,
    tokens: int = 4096,
    decoding: Decoding = "planned",
    on_plans: Callable[[ModelPlans], object] | None = print,
) -> ModelPlans:
    """Random features in every head of a model: what makes it a Performer [Choromanski21].

    As `calibrate`, with one decision for all heads and whatever their errors, which are measured:
    heads of pretrained models mostly need `distill` after it. Layers with sliding windows stay
    exact.

    Costs the forward passes, and one of each attention over the sample.

    Parameters
    ----------
    model, batches, projection, seed, tokens, decoding, on_plans
        As in `calibrate`.
    num_frequencies : int
        Of each head.
    fit : {"directions", "shifts", "none"}
        What the maps take from the data: as in `bochner.calibrate`, or nothing.
    features : text or options
        ``"positive"`` with ``fit="none"`` is FAVOR+.

    Returns
    -------
    ModelPlans

    Raises
    ------
    TypeError, ValueError
        As `calibrate`.

    Examples
    --------
    >>> import torch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> import bochner.transformers
    >>> config = LlamaConfig(vocab_size=30, hidden_size=16, intermediate_size=16,
    ...                      num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
    >>> model = LlamaModel(config).eval()
    >>> ids = torch.arange(200).reshape(2, 100) % 30
    >>> plans = bochner.transformers.use_features(model, [ids], 64, on_plans=None)
    >>> {head.method for head in plans}, plans.exact_share
    ({'features'}, 0.0)
    """
    m = whole(_NAME, "num_frequencies", num_frequencies, 1)
    one_of(_NAME, "fit", fit, ("directions", "shifts", "none"))
    one_of(_NAME, "decoding", decoding, ("exact", "planned"))
    network = Network(drawn(_NAME, projection), features_of(_NAME, features), seed_of(_NAME, seed))
    samples = capture(_NAME, model, batches, whole(_NAME, "tokens", tokens, 1))
    threads = torch.get_num_threads()
    planned = {
        layer: _plans(
            _specs(network.base(sample, m), number, sample, fit, threads), sample, threads
        )
        for number, (layer, sample) in enumerate(samples.items())
        if not sample.windowed
    }
    return write_plans(_NAME, model, samples, planned, decoding, on_plans)
