# SPDX-License-Identifier: Apache-2.0
"""Plans of a model's heads from the user's data."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import torch

from bochner._attention_plans import HeadPlan, Method, plan_attention
from bochner._options import one_of, positive, seed_of, several, whole
from bochner._specs import features_of
from bochner.transformers._capture import capture
from bochner.transformers._plans import Decoding, ModelPlans, drawn
from bochner.transformers._written import Network, write_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bochner._attention_costs import AttentionCosts
    from bochner._specs import FeaturesLike, ProjectionLike

_NAME = "calibrate"
_INEXACT: tuple[Method, ...] = ("features", "exact-and-features", "exact-and-means")


def _made_exact(plan: HeadPlan) -> HeadPlan:
    return dataclasses.replace(
        plan,
        method="exact",
        rest="none",
        error=0.0,
        source="none",
        exact_share=1.0,
        nanoseconds=plan.exact_nanoseconds,
        time=1.0,
        sentence="Exact attention, as was asked for.",
    )


def _kept(plans: dict[str, list[HeadPlan]], heads: int | None) -> dict[str, list[HeadPlan]]:
    """At most so many heads that are not exact: those of the smallest errors."""
    errors = sorted(
        (plan.error, layer, head)
        for layer, each in plans.items()
        for head, plan in enumerate(each)
        if plan.method != "exact"
    )
    kept = {(layer, head) for _, layer, head in errors[:heads]}
    return {
        layer: [
            plan if (layer, head) in kept or plan.method == "exact" else _made_exact(plan)
            for head, plan in enumerate(each)
        ]
        for layer, each in plans.items()
    }


def calibrate(
    model: Any,
    batches: Any,
    *,
    error: float = 0.1,
    time: float | None = None,
    heads: int | None = None,
    methods: Sequence[Method] = _INEXACT,
    features: FeaturesLike = "hyperbolic-oprf",
    projection: ProjectionLike = "orthogonal",
    seed: int = 0,
    tokens: int = 4096,
    decoding: Decoding = "exact",
    costs: AttentionCosts | None = None,
    on_plans: Callable[[ModelPlans], object] | None = print,
) -> ModelPlans:
    """Plan each head of a model on the user's data, and write the plans into its configuration.

    The model runs the batches with exact attention; `bochner.plan_attention` then decides for each
    query head: exact, random features with a transform and parameters of its own, a window exactly
    and the rest by features, or blocks of keys exactly and the others by their means. The plans are
    text in ``model.config``, which `save_pretrained` saves and `from_pretrained` loads, and
    ``set_attn_implementation("bochner")`` carries them out. Layers with sliding windows stay exact.

    Costs the forward passes, some tens more over 1,024 rows of each head, and memory of ``4 (H d +
    2 H_k d) tokens`` bytes per layer. A head with features takes about 7 d^2 letters of the
    configuration.

    Parameters
    ----------
    model : PreTrainedModel
        Its weights and its attention are left as they are.
    batches : iterable of mappings or tensors
        Inputs of the model by name, or its first input; those that it will meet, at their lengths.
        Padding counts for nothing. A mapping or a tensor alone is one batch.
    error : float
        What is asked of each head: the shortest time for that relative error of its outputs.
    time : float, optional
        Modelled time relative to exact attention; the plans are then the smallest errors in that
        time, whatever `error` is.
    heads : int, optional
        At most so many heads of the whole model are not exact: those of the smallest errors.
    methods : sequence of {"features", "exact-and-features", "exact-and-means"}
        Heads whose plan is another one stay exact. Blocks with means run on the CPU alone:
        leave out "exact-and-means" for another device.
    features, projection
        Of all maps; text or options.
    seed : int
        Of the network; each head draws by a seed of its own.
    tokens : int
        Whole sequences are sampled until there are so many.
    decoding : {"exact", "planned"}
        What fewer than 32 queries do that continue a cache. Weighing all keys exactly costs them
        less than the features of these keys; "planned" gives with a cache what the model gives
        without.
    costs : AttentionCosts, optional
        Of the machine.
    on_plans : callable, optional
        What is called with the plans.

    Returns
    -------
    ModelPlans
        A tuple of a `PlannedHead` for each query head; prints as a table.

    Raises
    ------
    TypeError
        On a batch that is neither a mapping nor a tensor.
    ValueError
        When no layer was called, when two layers have one name, on frequencies that were given, as
        `bochner.plan_attention`, and by name on what `register` refuses.

    Examples
    --------
    >>> import torch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> import bochner.transformers
    >>> bochner.transformers.register()
    >>> config = LlamaConfig(vocab_size=30, hidden_size=16, intermediate_size=16,
    ...                      num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
    >>> model = LlamaModel(config).eval()
    >>> ids = torch.arange(1200).reshape(2, 600) % 30
    >>> plans = bochner.transformers.calibrate(model, [ids], error=0.1, on_plans=None)
    >>> len(plans), max(head.error for head in plans) <= 0.1
    (8, True)
    >>> exact = model(ids).last_hidden_state
    >>> model.set_attn_implementation("bochner")
    >>> planned = model(ids).last_hidden_state
    >>> bool((planned - exact).norm() < 0.1 * exact.norm())
    True
    """
    positive(_NAME, "error", error)
    if heads is not None:
        heads = whole(_NAME, "heads", heads, 0)
    allowed = {
        one_of(_NAME, "methods", each, _INEXACT) for each in several(_NAME, "methods", methods)
    }
    one_of(_NAME, "decoding", decoding, ("exact", "planned"))
    network = Network(drawn(_NAME, projection), features_of(_NAME, features), seed_of(_NAME, seed))
    samples = capture(_NAME, model, batches, whole(_NAME, "tokens", tokens, 1))
    planned: dict[str, list[HeadPlan]] = {}
    for number, (layer, sample) in enumerate(samples.items()):
        if sample.windowed:
            continue
        queries, keys, values, lengths = (x.numpy() for x in sample.batch())
        plans = plan_attention(
            network.base(sample),
            queries,
            keys,
            values,
            error=error,
            time=time,
            layer=number,
            costs=costs,
            causal=sample.causal,
            key_lengths=lengths,
            num_threads=torch.get_num_threads(),
        )
        planned[layer] = [plan if plan.method in allowed else _made_exact(plan) for plan in plans]
    return write_plans(_NAME, model, samples, _kept(planned, heads), decoding, on_plans)
