# SPDX-License-Identifier: Apache-2.0
"""Figures 2 and 4 of the Performers' paper: errors of features, predicted beside measured."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

import bochner
from bochner._core.options import (
    FeatureMapSpec,
    IidProjection,
    OrthogonalProjection,
    PositiveFeatures,
    SoftmaxKernel,
    TrigonometricFeatures,
)
from bochner._options import positive, seed_of, whole
from bochner._results import Result
from bochner._texts import name_in
from bochner.plot._axes import finished, ticks_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from bochner._study_inputs import Doubles, Integers, Strings

# Rows of the output over which the closed form is taken.
_SAMPLED = 64


@dataclasses.dataclass(frozen=True, eq=False)
class VarianceRatios(Result):
    """Mean squared error of trigonometric over that of positive features, one entry per pair.

    Attributes
    ----------
    length, angle : array
        ``|x| = |y|``, and the angle between them in radians.
    predicted, measured : array
        From the closed forms, and over draws.
    error : array
        One standard error of `measured`.
    """

    length: Doubles
    angle: Doubles
    predicted: Doubles
    measured: Doubles
    error: Doubles


def variance_ratios(
    *,
    lengths: Sequence[float] = (0.5, 1.0, 1.5),
    angles: int = 25,
    dim: int = 16,
    num_frequencies: int = 64,
    replicates: int = 2000,
    seed: int = 0,
) -> VarianceRatios:
    """Figure 2 of [Choromanski21]: where positive features are better than trigonometric ones.

    Estimates of ``exp(x.y)`` by independent frequencies. Both errors are functions of the length
    and the angle alone, whatever the dimension, and their ratio does not depend on the number of
    frequencies, which only decides how well it is measured.

    Parameters
    ----------
    lengths : sequence of float
        Of x and of y.
    angles : int
        Between 0, where trigonometric features are exact, and pi, where positive ones are: the
        middles of as many equal parts.
    dim, num_frequencies, replicates, seed : int
        Of the draws that are measured.

    Returns
    -------
    VarianceRatios

    Raises
    ------
    TypeError, ValueError
        On numbers out of range.

    Examples
    --------
    >>> from bochner.training import variance_ratios
    >>> found = variance_ratios(lengths=[1.0], angles=3, replicates=50)
    >>> bool(found.predicted[0] < 1 < found.predicted[2])
    True
    """
    name = "variance_ratios"
    count = whole(name, "angles", angles, 1)
    turns = [math.pi * (i + 0.5) / count for i in range(count)]
    sizes = [positive(name, "lengths", length) for length in lengths]
    x, y, _ = bochner.study_pairs(dim, norms=sizes, angles=turns)
    specs = [
        FeatureMapSpec(dim, 1, SoftmaxKernel(), IidProjection(), features)
        for features in (TrigonometricFeatures(), PositiveFeatures())
    ]
    study = bochner.pair_study(
        specs, x, y, frequencies=[num_frequencies], replicates=replicates, seed=seed
    )
    predicted, measured, errors = (
        getattr(study, member).reshape(2, -1)
        for member in ("predicted_variance", "measured_variance", "measured_variance_error")
    )
    ratio = measured[0] / measured[1]
    return VarianceRatios(
        length=np.repeat(sizes, count),
        angle=np.tile(turns, len(sizes)),
        predicted=predicted[0] / predicted[1],
        measured=ratio,
        error=ratio * np.hypot(*(errors / measured)),
    )


def draw_ratios(found: VarianceRatios, ax: Axes) -> Axes:
    """Ratios against the angle: lines from the closed form, points measured."""
    for length in dict.fromkeys(found.length.tolist()):
        here = found.length == length
        (line,) = ax.semilogy(found.angle[here], found.predicted[here], label=f"{length:g}")
        error = 2.0 * found.error[here]
        style: Any = {"color": line.get_color(), "markersize": 3, "linewidth": 1}
        ax.errorbar(found.angle[here], found.measured[here], error, fmt="o", **style)
    ax.axhline(1.0, color="0.5", linestyle="--", linewidth=1)
    label = "MSE, trigonometric / positive"
    return finished(ax, "angle between x and y", label, legend="length of x and y")


@dataclasses.dataclass(frozen=True, eq=False)
class AttentionApproximations(Result):
    """Error of attention's output, one entry per map and number of features.

    Attributes
    ----------
    features, projection : array of str
    num_features : array of int
    predicted : array
        Mean squared error from the closed form, to first order; NaN where it does not hold.
    measured, error : array
        The mean over draws and its standard error.
    median : array
        Over draws.
    """

    features: Strings
    projection: Strings
    num_features: Integers
    predicted: Doubles
    measured: Doubles
    error: Doubles
    median: Doubles


def attention_approximations(
    *,
    length: int = 4096,
    dim: int = 16,
    scale: float = 0.4,
    num_features: Sequence[int] = (16, 32, 64, 128, 256),
    draws: int = 15,
    seed: int = 0,
) -> AttentionApproximations:
    """Figure 4 of [Choromanski21]: mean squared error of the output against the features.

    Positive and trigonometric features, independent and orthogonal frequencies, at equal columns.
    Queries and keys are normal with standard deviation `scale`, values standard normal, all drawn
    once. The paper does not say how its inputs were normalised; closed forms hold up to 1/2, where
    the mean of ``|q + k|^2`` is 2.

    Parameters
    ----------
    length, dim : int
        L and d.
    scale : float
        Of queries and keys.
    num_features : sequence of int
        Columns, even.
    draws : int
        Of the frequencies, at least 2.
    seed : int

    Returns
    -------
    AttentionApproximations

    Raises
    ------
    TypeError, ValueError
        On numbers out of range.

    Notes
    -----
    O(L^2 d) once, and `attention` for every map and draw. Closed forms are taken over all keys of
    some rows of the output.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.training import attention_approximations
    >>> found = attention_approximations(length=64, dim=4, num_features=[64], draws=4)
    >>> bool(np.all(found.measured < 10 * found.predicted))
    True
    """
    name = "attention_approximations"
    rows = whole(name, "length", length, 1)
    count = whole(name, "draws", draws, 2)
    factor = positive(name, "scale", scale)
    rng = np.random.default_rng(seed_of(name, seed))
    q, k, v = rng.normal(size=(3, 1, 1, rows, dim)).astype(np.float32)
    q, k = (x * np.float32(factor) for x in (q, k))
    kernel = SoftmaxKernel.for_dimension(dim)
    exact = bochner.exact_attention(kernel, q, k, v).astype(np.float64)
    power = float(np.mean(exact**2))
    maps = [
        FeatureMapSpec(
            dim, bochner.num_frequencies_for(features, columns), kernel, projection, features
        )
        for features in (TrigonometricFeatures(), PositiveFeatures())
        for projection in (IidProjection(), OrthogonalProjection())
        for columns in num_features
    ]
    entries = []
    for spec in maps:
        report = bochner.attention_report(spec, q, k, v, sample_rows=_SAMPLED)
        drawn = [spec.__replace__(seed=bochner.derive_seed(seed, draw)) for draw in range(count)]
        errors = [float(np.mean((bochner.attention(each, q, k, v) - exact) ** 2)) for each in drawn]
        entries.append(
            (
                str(spec.features),
                name_in(str(spec.projection)),
                bochner.FeatureMap(spec).num_features,
                power * report.predicted_error**2 if report.prediction_holds else np.nan,
                np.mean(errors),
                np.std(errors, ddof=1) / math.sqrt(count),
                np.median(errors),
            )
        )
    return AttentionApproximations(*(np.array(column) for column in zip(*entries, strict=True)))


def draw_approximations(found: AttentionApproximations, ax: Axes) -> Axes:
    """Errors against columns: points measured, lines from the closed form."""
    entries = list(zip(found.features.tolist(), found.projection.tolist(), strict=True))
    for entry in dict.fromkeys(entries):
        here = np.array([each == entry for each in entries])
        label = ", ".join(entry)
        (line,) = ax.loglog(found.num_features[here], found.predicted[here])
        style: Any = {"color": line.get_color(), "markersize": 4, "linewidth": 1, "label": label}
        ax.errorbar(
            found.num_features[here], found.measured[here], found.error[here], fmt="o", **style
        )
    ticks_at(ax, found.num_features.tolist())
    title = "points: measured, lines: closed form"
    return finished(ax, "number of features", "mean squared error of the output", legend=title)
