# SPDX-License-Identifier: Apache-2.0
"""Errors of attention against frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bochner._attention_study import AttentionStudy
from bochner.plot._axes import (
    FREQUENCIES_LABEL,
    OUTPUT_ERROR_LABEL,
    axes_or_new,
    expect,
    fine_line,
    finished,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def attention_study(study: AttentionStudy, *, ax: Axes | None = None) -> Axes:
    """The error of attention's output against the number of frequencies, map by map.

    Points are measured on the whole output; lines are the closed form, where it can be relied on. A
    dashed line marks the 10 % that `attention_report` calls fine.

    Parameters
    ----------
    study : AttentionStudy
        From `bochner.attention_study`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        On another study.
    ImportError
        Where matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> from bochner import plot
    >>> q, k, v = 0.25 * np.random.default_rng(0).normal(size=(3, 1, 2, 100, 4))
    >>> specs = bo.study_specs("softmax", 4, features=["positive", "hyperbolic"])
    >>> ax = plot.attention_study(bo.attention_study(specs, q, k, v, frequencies=[16, 64]))
    >>> ax.get_ylabel()
    'relative error of the output'
    """
    expect("attention_study", "study", study, (AttentionStudy,))
    ax = axes_or_new(ax)
    entries = list(zip(study.features.tolist(), study.projection.tolist(), strict=True))
    several = len(set(study.projection.tolist())) > 1
    for entry in dict.fromkeys(entries):
        here = np.array([each == entry for each in entries])
        at = study.num_frequencies[here]
        # Zero, where values are constant, has no place on a logarithmic axis.
        measured = np.where(study.measured > 0, study.measured, np.nan)[here]
        predicted = np.where(study.prediction_holds, study.predicted, np.nan)[here]
        label = " ".join(entry) if several else entry[0]
        (points,) = ax.loglog(at, measured, "o", markersize=4, label=label)
        ax.plot(at, predicted, "-", color=points.get_color())
    fine_line(ax)
    title = "points: measured, lines: closed form"
    return finished(ax, FREQUENCIES_LABEL, OUTPUT_ERROR_LABEL, legend=title)
