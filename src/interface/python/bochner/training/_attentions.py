# SPDX-License-Identifier: Apache-2.0
"""The attentions that a model may have, by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import bochner
from bochner._core.options import (
    ArcCosineKernel,
    CountSketchProjection,
    FeatureMapSpec,
    HyperbolicFeatures,
    HyperbolicOprfFeatures,
    PolynomialKernel,
    PositiveFeatures,
    RectifiedFeatures,
    SoftmaxKernel,
    TensorSketchFeatures,
    TrigonometricFeatures,
)
from bochner.torch import FavorAttention
from bochner.training._own_attention import (
    CosineFeatures,
    ExactAttention,
    ExponentialFeatures,
    GivenAttention,
    RowsThemselves,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from bochner.training._own_attention import Frame, GivenFeatures

Maker: TypeAlias = "Callable[[Frame], nn.Module]"

# Of rectified units: keeps every normaliser positive.
_EPSILON = 1e-3


def _favor(frame: Frame, spec: FeatureMapSpec, rest: Any = "features") -> nn.Module:
    """`FavorAttention` with draws of this spec."""
    return FavorAttention(
        frame.embed_dim,
        frame.num_heads,
        batch_first=True,
        device=frame.device,
        specs=bochner.head_specs(spec, frame.layer, frame.num_heads),
        exact=frame.pairs,
        rest=rest,
    )


def _spec(frame: Frame, features: Any, kernel: Any, **options: Any) -> FeatureMapSpec:
    count = bochner.num_frequencies_for(features, frame.num_features)
    return FeatureMapSpec(
        frame.head_dim, count, kernel, features=features, seed=frame.seed, **options
    )


def _softmax(features: Callable[[Frame], Any]) -> Maker:
    def make(frame: Frame) -> nn.Module:
        kernel = SoftmaxKernel.for_dimension(frame.head_dim)
        return _favor(frame, _spec(frame, features(frame), kernel))

    return make


def _oprf(frame: Frame) -> HyperbolicOprfFeatures:
    """Optimal at the start of training.

    Normalised rows times Xavier's weights have coordinates of variance 1/2, so that the mean of
    ``|q + k|^2`` after scaling is the root of the head's dimension.
    """
    at_start = math.sqrt(frame.head_dim)
    return HyperbolicOprfFeatures(
        bochner.optimal_hyperbolic_oprf_parameter(at_start, frame.head_dim)
    )


def _rectified(order: int) -> Maker:
    def make(frame: Frame) -> nn.Module:
        offset = math.sqrt(2.0) * _EPSILON
        kernel = ArcCosineKernel(order=order, offset=offset)
        return _favor(frame, _spec(frame, RectifiedFeatures(), kernel))

    return make


def _polynomial(frame: Frame) -> nn.Module:
    """(q . k / sqrt(d) + 1)^2."""
    kernel = PolynomialKernel.from_gamma(1.0 / math.sqrt(frame.head_dim), 1.0, 2)
    spec = _spec(frame, TensorSketchFeatures(), kernel, projection=CountSketchProjection())
    return _favor(frame, spec)


def _given(name: str, features: Callable[[Frame], GivenFeatures]) -> Maker:
    def make(frame: Frame) -> nn.Module:
        frame.without_window(name, "features that torch computes have no kernel to weigh pairs by")
        return GivenAttention(frame, features)

    return make


def _exact(frame: Frame) -> nn.Module:
    frame.without_window("exact", "every pair is weighed exactly")
    return ExactAttention(frame)


def _window(frame: Frame) -> nn.Module:
    """The near pairs alone."""
    if frame.window == 0:
        raise ValueError("window: window is 0, expected at least 1: no other pair is weighed")
    kernel = SoftmaxKernel.for_dimension(frame.head_dim)
    return _favor(frame, _spec(frame, HyperbolicFeatures(), kernel), "none")


ATTENTIONS: dict[str, Maker] = {
    "exact": _exact,
    "window": _window,
    "favor": _softmax(lambda _: PositiveFeatures()),
    "hyperbolic": _softmax(lambda _: HyperbolicFeatures()),
    "hyperbolic-oprf": _softmax(_oprf),
    "trigonometric": _softmax(lambda _: TrigonometricFeatures()),
    "relu": _rectified(1),
    "squared-relu": _rectified(2),
    "exp": _given("exp", ExponentialFeatures),
    "cosine": _given("cosine", CosineFeatures),
    "polynomial": _polynomial,
    "identity": _given("identity", RowsThemselves),
}
"""What makes each; ValueError where a window is not to be had."""

KEEP_FREQUENCIES = frozenset({"exp"})
"""Those whose frequencies cannot be drawn anew while a model trains."""

WITHOUT_FREQUENCIES = frozenset({"exact", "window", "cosine", "identity"})
"""Those whose output no frequencies are in."""


def label_of(attention: str, window: int) -> str:
    """An attention with its window, in tables and legends."""
    return attention + (f" + window {window}" if window > 0 else "")
