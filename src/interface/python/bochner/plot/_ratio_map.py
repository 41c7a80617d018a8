# SPDX-License-Identifier: Apache-2.0
"""Measured over predicted errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._gram_study import GramStudy
from bochner._matrix_study import MatrixStudy
from bochner._options import positive
from bochner._pair_study import PairStudy
from bochner._texts import name_in
from bochner.plot._axes import axes_or_new, expect

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Estimates that are exact but for rounding have no error to compare with.
_ROUNDING = 1e-12


def _cells(
    study: PairStudy | MatrixStudy | GramStudy,
) -> tuple[list[str], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Map, number of frequencies, and squares of the measured and the predicted error."""
    if isinstance(study, GramStudy):
        names = [name_in(projection) for projection in study.projection]
        return names, study.frequencies, study.measured**2, study.predicted**2
    names = [
        f"{name_in(features)}, {name_in(projection)}"
        for features, projection in zip(study.features, study.projection, strict=True)
    ]
    if isinstance(study, MatrixStudy):
        return names, study.num_frequencies, study.measured**2, study.predicted**2
    return (
        names,
        study.num_frequencies,
        study.measured_relative_error**2,
        study.predicted_relative_error**2,
    )


def ratio_map(
    study: PairStudy | MatrixStudy | GramStudy, *, largest: float = 2.0, ax: Axes | None = None
) -> Axes:
    """Measured over predicted error, one cell a map and number of frequencies.

    Root mean squares, over the pairs where there are some; white where they agree, and hatched
    where there is nothing to compare.

    Parameters
    ----------
    study : PairStudy, MatrixStudy or GramStudy
        With replicates.
    largest : float
        The ratio that has the darkest colour, above 1; its inverse likewise.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        On other arguments.
    ImportError
        Where matplotlib is not installed.

    Examples
    --------
    >>> import bochner as bo
    >>> from bochner import plot
    >>> specs = bo.study_specs("softmax", 4, features="positive")
    >>> x, y, labels = bo.study_pairs(4)
    >>> study = bo.pair_study(specs, x, y, frequencies=[8, 32], replicates=20, labels=labels)
    >>> plot.ratio_map(study).get_ylabel()
    'features, projection'
    """
    expect("ratio_map", "study", study, (PairStudy, MatrixStudy, GramStudy))
    if positive("ratio_map", "largest", largest) <= 1:
        raise ValueError(f"ratio_map: largest is {largest}, expected more than 1")
    names, counts, measured, predicted = _cells(study)
    maps = list(dict.fromkeys(names))
    sizes = np.unique(counts)
    ratios = np.full((len(maps), len(sizes)), np.nan)
    usable = (predicted > _ROUNDING**2) & np.isfinite(measured) & np.isfinite(predicted)
    for i, name in enumerate(maps):
        of_map = usable & np.array([each == name for each in names])
        for j, size in enumerate(sizes):
            here = of_map & (counts == size)
            if here.any():
                ratios[i, j] = np.sqrt(measured[here].sum() / predicted[here].sum())
    ax = axes_or_new(ax)
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    ax.set_facecolor("0.9")
    image = ax.imshow(
        ratios, aspect="auto", cmap="PuOr_r", norm=LogNorm(1 / largest, largest), zorder=1
    )
    for (i, j), ratio in np.ndenumerate(ratios):
        if np.isnan(ratio):
            ax.text(j, i, "-", ha="center", va="center", color="0.4")
            continue
        dark = abs(np.log(ratio)) > 0.6 * np.log(largest)
        colour = "white" if dark else "black"
        ax.text(j, i, f"{ratio:.2f}", ha="center", va="center", color=colour, fontsize="small")
    ax.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    ax.set_yticks(range(len(maps)), maps)
    ax.set_xlabel("number of frequencies $m$")
    ax.set_ylabel("projection" if isinstance(study, GramStudy) else "features, projection")
    bar = ax.figure.colorbar(image, ax=ax, label="measured / predicted error (root mean square)")
    bar.ax.yaxis.set_major_locator(
        FixedLocator([1 / largest, largest**-0.5, 1, largest**0.5, largest])
    )
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(StrMethodFormatter("{x:.2f}"))
    return ax
