# SPDX-License-Identifier: Apache-2.0
"""Plans of a model's heads, in its configuration."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

import numpy as np

from bochner._core.options import (
    FeatureMapSpec,
    PairTransform,
    PositiveFeatures,
)
from bochner._results import Result, table
from bochner._specs import projection_of
from bochner.torch._pairs import pairs_text
from bochner.transformers._layers import config_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from torch import Tensor, nn

    from bochner._attention_plans import HeadPlan, Method
    from bochner._specs import ProjectionLike

Decoding: TypeAlias = Literal["exact", "planned"]
"""What few queries do that continue a cache."""

ATTRIBUTE = "bochner"
"""Of a configuration; holds `StoredPlans`."""


class PlannedGroup(TypedDict):
    """Query heads that one call serves; what is said of each head is a list."""

    heads: list[int]
    key_heads: list[int]
    """Those that they read: each once where all of its query heads are here, else one for each."""
    method: Method
    specs: str
    """A line for each of these key heads; empty where all pairs are weighed exactly."""
    exact: str
    rest: Literal["features", "means", "none"]
    error: list[float]
    exact_share: list[float]
    time: list[float]


class LayerPlans(TypedDict):
    """Plans of a layer."""

    heads: int
    key_heads: int
    dim: int
    groups: list[PlannedGroup]


class StoredPlans(TypedDict):
    """Plans of all layers of a configuration, by their names."""

    decoding: Decoding
    layers: dict[str, LayerPlans]


@dataclasses.dataclass(frozen=True)
class PlannedHead(Result):
    """What one query head of a model does.

    Parameters
    ----------
    layer
        Class of the layer, direction and number.
    head
        From 0.
    method
        As in `bochner.HeadPlan`.
    error
        Expected, relative, of the head's outputs.
    exact_share
        Of the pairs, weighed exactly.
    time
        Modelled, relative to exact attention.
    spec
        Text of its map, empty for methods without features.
    """

    layer: str
    head: int
    method: Method
    error: float
    exact_share: float
    time: float
    spec: str


_COLUMNS = ("layer", "head", "method", "error", "exact_share", "time")


class ModelPlans(tuple[PlannedHead, ...]):
    """What the query heads of a model do: a tuple that prints as a table.

    Parameters
    ----------
    heads : iterable of PlannedHead
    """

    __slots__ = ()

    @property
    def exact_share(self) -> float:
        """Of all pairs, weighed exactly."""
        return float(np.mean([head.exact_share for head in self])) if self else 1.0

    def __str__(self) -> str:
        columns = [[getattr(head, name) for head in self] for name in _COLUMNS]
        return table(list(_COLUMNS), columns) + (
            f"\n{len(self)} heads, {100 * self.exact_share:.3g} % of the pairs exactly"
        )

    def to_frame(self) -> pd.DataFrame:
        """As a pandas DataFrame with one row per head.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        import pandas as pd

        frame: pd.DataFrame = pd.DataFrame([head.to_dict() for head in self])
        return frame


# Digits of a transform in a configuration: whatever the others are, it changes no weight.
_DIGITS = 4


def _short(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values]


def _short_spec(spec: FeatureMapSpec) -> FeatureMapSpec:
    """The spec with a transform of few digits."""
    transform = spec.transform
    return spec.__replace__(
        transform=PairTransform(
            query=_short(transform.query),
            key=_short(transform.key),
            matrix=_short(transform.matrix),
        )
    )


def _text_of(plan: HeadPlan) -> str:
    """The spec of a plan; of the kernel alone where there are no features."""
    if plan.method == "exact":
        return ""
    if plan.rest != "features":
        return str(
            FeatureMapSpec(plan.spec.input_dim, 1, plan.spec.kernel, features=PositiveFeatures())
        )
    return str(_short_spec(plan.spec))


def _shared_key_heads(group: PlannedGroup, query_heads: int) -> None:
    """Name each key head once where every one is read by so many heads of the group."""
    shared = list(dict.fromkeys(group["key_heads"]))
    specs = group["specs"].split("\n")
    firsts = [line for line in specs[::query_heads] for _ in range(query_heads)]
    if len(shared) * query_heads == len(group["heads"]) and firsts == specs:
        group["key_heads"] = shared
        group["specs"] = "\n".join(specs[::query_heads])


def layer_plans(plans: Sequence[HeadPlan], key_heads: int, dim: int) -> LayerPlans:
    """Plans of a layer's query heads as a configuration holds them."""
    query_heads = len(plans) // key_heads
    groups: dict[tuple[str, str, str, int], PlannedGroup] = {}
    for head, plan in enumerate(plans):
        exactly = plan.method == "exact"
        pairs = "" if exactly else pairs_text("calibrate", plan.exact)
        kind = (plan.method, pairs, plan.rest, 0 if exactly else plan.spec.num_frequencies)
        if kind not in groups:
            groups[kind] = {
                "heads": [],
                "key_heads": [],
                "method": plan.method,
                "specs": "",
                "exact": pairs,
                "rest": plan.rest,
                "error": [],
                "exact_share": [],
                "time": [],
            }
        group = groups[kind]
        group["specs"] += ("\n" if group["heads"] else "") + _text_of(plan)
        group["heads"].append(head)
        group["key_heads"].append(head // query_heads)
        group["error"].append(plan.error)
        group["exact_share"].append(plan.exact_share)
        group["time"].append(plan.time)
    for group in groups.values():
        _shared_key_heads(group, query_heads)
        if group["method"] == "exact":
            group["specs"] = ""
    return {"heads": len(plans), "key_heads": key_heads, "dim": dim, "groups": [*groups.values()]}


def store_plans(config: Any, layers: Mapping[str, LayerPlans], decoding: Decoding) -> None:
    """Write plans into a configuration, in place of those that it had."""
    stored: StoredPlans = {"decoding": decoding, "layers": dict(layers)}
    setattr(config, ATTRIBUTE, stored)


def stored_plans(
    module: nn.Module, layer: str, queries: Tensor, keys: Tensor
) -> tuple[LayerPlans | None, Decoding]:
    """The plans of a layer, none where its model has none; those of another model are refused."""
    stored: StoredPlans | None = getattr(config_of(module), ATTRIBUTE, None)
    if stored is None:
        return None, "exact"
    plans = stored["layers"].get(layer)
    if plans is None:
        raise ValueError(
            f"bochner: {layer} is not among the {len(stored['layers'])} layers that the model's "
            "config has plans of: they are another model's, or two models share one config object; "
            "expected those of bochner.transformers.calibrate(model, ...)"
        )
    found = (queries.shape[1], keys.shape[1], queries.shape[3])
    planned = (plans["heads"], plans["key_heads"], plans["dim"])
    if found != planned:
        raise ValueError(
            f"bochner: {layer} has {found[0]} heads, {found[1]} key heads and dimension "
            f"{found[2]}, and the model's config has plans of {planned[0]}, {planned[1]} and "
            f"{planned[2]}: they are another model's; expected those of "
            "bochner.transformers.calibrate(model, ...)"
        )
    return plans, stored["decoding"]


def configs_of(model: nn.Module) -> list[Any]:
    """The configurations of a model and of its parts, each once."""
    found: dict[int, Any] = {}
    for module in model.modules():
        config = config_of(module)
        if config is not None and hasattr(config, "to_dict"):
            found.setdefault(id(config), config)
    return list(found.values())


def _planned_heads(layer: str, plans: LayerPlans) -> list[PlannedHead]:
    heads = []
    for group in plans["groups"]:
        specs = group["specs"].split("\n") if group["rest"] == "features" else []
        query_heads = len(group["heads"]) // len(group["key_heads"])
        heads += [
            PlannedHead(
                layer,
                head,
                group["method"],
                group["error"][i],
                group["exact_share"][i],
                group["time"][i],
                specs[i // query_heads] if specs else "",
            )
            for i, head in enumerate(group["heads"])
        ]
    return sorted(heads, key=lambda each: each.head)


def plans_of(model: nn.Module) -> ModelPlans | None:
    """The plans in a model's configuration, as `calibrate` wrote them or a file had them.

    Parameters
    ----------
    model : PreTrainedModel

    Returns
    -------
    ModelPlans or None
        None where no layer has a plan: attention is exact.
    """
    stored = [getattr(config, ATTRIBUTE, None) for config in configs_of(model)]
    if not any(stored):
        return None
    return ModelPlans(
        head
        for each in stored
        if each is not None
        for layer, plans in each["layers"].items()
        for head in _planned_heads(layer, plans)
    )


def forget(model: nn.Module) -> None:
    """Remove the plans from a model's configuration: its attention is exact again.

    Parameters
    ----------
    model : PreTrainedModel
    """
    for config in configs_of(model):
        if getattr(config, ATTRIBUTE, None) is not None:
            delattr(config, ATTRIBUTE)


def drawn(function: str, projection: ProjectionLike) -> Any:
    """A projection that draws; of frequencies that were given a config would hold a digest."""
    found = projection_of(function, projection)
    if getattr(found, "frequencies", None) is not None:
        raise ValueError(
            f"{function}: projection is given frequencies, of which a config would hold a digest "
            "alone, expected a projection that draws"
        )
    return found
