# SPDX-License-Identifier: Apache-2.0
"""Errors against frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._gram_predictions import GramErrorCurve
from bochner._gram_study import GramStudy
from bochner._matrix_study import MatrixStudy
from bochner._options import frequencies_of
from bochner.plot._axes import FREQUENCIES_LABEL, axes_or_new, expect, finished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_REFERENCE = r"$1/\sqrt{m}$"
_LEAST, _MOST = 16, 4096


def _whole_blocks(curve: GramErrorCurve) -> list[int]:
    """Numbers of frequencies at equal ratios, whole blocks where there are several."""
    counts = np.geomspace(_LEAST, _MOST, 33)
    block = curve.block_size
    rounded = np.maximum(1, np.rint(counts / block)).astype(np.int64) * block
    return sorted({int(count) + curve.exact_columns for count in rounded})


def _points(study: GramStudy | MatrixStudy) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    if isinstance(study, GramStudy):
        return study.frequencies, study.measured, study.standard_error
    return study.num_frequencies, study.measured, study.measured_error


def error_curve(
    curve: GramErrorCurve,
    frequencies: Sequence[int] | None = None,
    *,
    measured: GramStudy | MatrixStudy | None = None,
    label: str = "predicted",
    ax: Axes | None = None,
) -> Axes:
    """The relative error of a Gram matrix against the number of frequencies.

    Beside it, once in each axes, the decay ``1 / sqrt(m)`` of independent frequencies from the same
    first error: orthogonal blocks lie below it.

    Parameters
    ----------
    curve : GramErrorCurve
        From `bochner.gram_error_curve`.
    frequencies : sequence of int, optional
        Without them whole blocks from 16 to 4096.
    measured : GramStudy or MatrixStudy, optional
        Points with one standard error; of one map, that of the curve.
    label : str
        Of the curve in the legend.
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
    >>> import numpy as np
    >>> import bochner as bo
    >>> from bochner import plot
    >>> x = np.random.default_rng(0).normal(size=(50, 4))
    >>> ax = plot.error_curve(bo.gram_error_curve(bo.FeatureMapSpec(4, 1), x), label="orthogonal")
    >>> ax.get_xlabel()
    'number of frequencies $m$'
    """
    expect("error_curve", "curve", curve, (GramErrorCurve,))
    if measured is not None:
        expect("error_curve", "measured", measured, (GramStudy, MatrixStudy))
    counts = (
        _whole_blocks(curve) if frequencies is None else frequencies_of("error_curve", frequencies)
    )
    errors = np.asarray(curve.at(counts).relative_error)
    ax = axes_or_new(ax)
    (line,) = ax.loglog(counts, errors, label=label)
    if _REFERENCE not in ax.get_legend_handles_labels()[1]:
        reference = errors[0] * np.sqrt(counts[0] / np.asarray(counts))
        ax.loglog(
            counts,
            reference,
            color="black",
            linestyle=(0, (3, 6)),
            linewidth=1,
            zorder=3,
            label=_REFERENCE,
        )
    if measured is not None:
        at, mean, error = _points(measured)
        ax.errorbar(
            at, mean, error, fmt="o", color=line.get_color(), markersize=4, label="measured"
        )
    return finished(ax, FREQUENCIES_LABEL, r"relative Frobenius error $\|\hat K - K\|_F / \|K\|_F$")
