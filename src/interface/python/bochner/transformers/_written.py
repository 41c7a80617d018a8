# SPDX-License-Identifier: Apache-2.0
"""From samples of layers to their plans, and these into the configuration of their model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bochner._core.options import FeatureMapSpec, SoftmaxKernel
from bochner._options import one_of
from bochner.transformers._plans import (
    Decoding,
    LayerPlans,
    ModelPlans,
    configs_of,
    forget,
    layer_plans,
    plans_of,
    store_plans,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import nn

    from bochner._attention_plans import HeadPlan
    from bochner.transformers._capture import LayerSample


class Network(NamedTuple):
    """What the maps of all heads have in common."""

    projection: Any
    features: Any
    seed: int

    def base(self, sample: LayerSample, num_frequencies: int = 1) -> FeatureMapSpec:
        """What the maps of a layer have in common."""
        return FeatureMapSpec(
            sample.dim,
            num_frequencies,
            SoftmaxKernel(sample.scale),
            projection=self.projection,
            features=self.features,
            seed=self.seed,
        )


def _exact_plans(sample: LayerSample) -> LayerPlans:
    """Of a layer with a sliding window, which costs no more than its window."""
    heads = sample.heads
    return {
        "heads": heads,
        "key_heads": sample.key_heads,
        "dim": sample.dim,
        "groups": [
            {
                "heads": list(range(heads)),
                "key_heads": list(range(sample.key_heads)),
                "method": "exact",
                "specs": "",
                "exact": "",
                "rest": "none",
                "error": [0.0] * heads,
                "exact_share": [1.0] * heads,
                "time": [1.0] * heads,
            }
        ],
    }


def write_plans(
    function: str,
    model: nn.Module,
    samples: Mapping[str, LayerSample],
    planned: Mapping[str, Sequence[HeadPlan]],
    decoding: Decoding,
    on_plans: Callable[[ModelPlans], object] | None,
) -> ModelPlans:
    """Plans of layers into their configurations, in place of those that were there."""
    one_of(function, "decoding", decoding, ("exact", "planned"))
    forget(model)
    for config in configs_of(model):
        layers = {
            layer: layer_plans(planned[layer], sample.key_heads, sample.dim)
            if layer in planned
            else _exact_plans(sample)
            for layer, sample in samples.items()
            if sample.config is config
        }
        if layers:
            store_plans(config, layers, decoding)
    found = plans_of(model)
    assert found is not None
    if on_plans is not None:
        on_plans(found)
    return found
