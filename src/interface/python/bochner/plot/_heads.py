# SPDX-License-Identifier: Apache-2.0
"""The error of every head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._attention_errors import AttentionComparison
from bochner.plot._axes import OUTPUT_ERROR_LABEL, axes_or_new, fine_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes


def _layers_of(comparisons: Any) -> list[list[AttentionComparison]]:
    """One list per layer; heads that are not in layers are one layer."""
    if isinstance(comparisons, AttentionComparison):
        comparisons = [comparisons]
    if not isinstance(comparisons, (list, tuple)):
        raise TypeError(
            f"heads: comparisons is {type(comparisons).__name__}, expected a list of "
            "AttentionComparison, or one such list per layer"
        )
    flat = any(isinstance(each, AttentionComparison) for each in comparisons)
    layers = [list(comparisons)] if flat else [list(layer) for layer in comparisons]
    for i, layer in enumerate(layers):
        for h, head in enumerate(layer):
            if not isinstance(head, AttentionComparison):
                raise TypeError(
                    f"heads: layer {i}, head {h} is {type(head).__name__}, expected an "
                    "AttentionComparison (attention_report)"
                )
    if not any(layers):
        raise ValueError("heads: comparisons is empty")
    return layers


def heads(
    comparisons: Sequence[AttentionComparison] | Sequence[Sequence[AttentionComparison]],
    *,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The output error of every head, and what to do about it.

    Filled points are measured errors, coloured by the advice of `attention_report`; rings are the
    closed form, where it can be relied on. A dashed line marks the 10 % that are called fine.

    Parameters
    ----------
    comparisons : list of AttentionComparison, or one such list per layer
        What `attention_report` returned for the heads.
    label : str, optional
        Of these heads, as title.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        On other arguments, or when there are no heads.
    ImportError
        Where matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> from bochner import plot
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 2, 40, 4)) / 2
    >>> spec = bo.FeatureMapSpec(
    ...     4, 64, bo.SoftmaxKernel(), features=bo.HyperbolicFeatures(), seed=1
    ... )
    >>> reports = bo.attention_report(bo.head_maps(spec, 0, 2), q, k, v)
    >>> plot.heads(reports).get_ylabel()
    'relative error of the output'
    """
    layers = _layers_of(comparisons)
    ax = axes_or_new(ax)
    every = [head for layer in layers for head in layer]
    # A gap between layers.
    starts = np.cumsum([0, *[len(layer) + 1 for layer in layers]])[:-1]
    places = np.concatenate(
        [start + np.arange(len(layer)) for start, layer in zip(starts, layers, strict=True)]
    )
    measured = np.array([head.output_error for head in every])
    # Zero, where values are constant, has no place on a logarithmic axis.
    positive = measured > 0
    for advice in dict.fromkeys(head.advice for head in every):
        here = positive & np.array([head.advice == advice for head in every])
        ax.plot(places[here], measured[here], "o", label=advice)
    holds = np.array([head.prediction_holds for head in every])
    if holds.any():
        predicted = np.array([head.predicted_error for head in every])
        ax.plot(
            places[holds],
            predicted[holds],
            "o",
            markerfacecolor="none",
            markeredgecolor="0.3",
            markersize=10,
            label="closed form",
        )
    fine_line(ax)
    ax.set_yscale("log")
    middles = [s + 0.5 * (len(layer) - 1) for s, layer in zip(starts, layers, strict=True)]
    if len(layers) > 1:
        ax.set_xticks(middles, [str(i) for i in range(len(layers))])
        ax.set_xlabel("layer, its heads from left to right")
    else:
        ax.set_xticks(places, [str(h) for h in range(len(every))])
        ax.set_xlabel("head")
    ax.set_ylabel(OUTPUT_ERROR_LABEL)
    if label is not None:
        ax.set_title(label)
    ax.grid(visible=True, axis="y", which="major", alpha=0.3)
    ax.legend(frameon=False)
    return ax
