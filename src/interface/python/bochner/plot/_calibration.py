# SPDX-License-Identifier: Apache-2.0
"""The coverage of intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bochner._estimates import KernelEstimate
from bochner._options import fraction, several
from bochner.plot._axes import axes_or_new, expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def calibration(
    estimates: KernelEstimate | Sequence[KernelEstimate],
    exact: ArrayLike,
    *,
    levels: Sequence[float] | None = None,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """How often intervals hold the exact value, against how often they should.

    The band is where 95 % of the points of calibrated, independent intervals lie: those of other
    draws are independent, those of other pairs of one draw are not.

    Parameters
    ----------
    estimates : KernelEstimate, or several
        From `bochner.estimate`.
    exact : number or array
        ``k(x, y)``: one for all, or one for each entry of `estimates`.
    levels : sequence of float, optional
        Between 0 and 1.
    label : str, optional
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
    >>> x, y = np.array([0.0, 0.0]), np.array([1.0, 0.0])
    >>> draws = [bo.FeatureMapSpec(2, 64, seed=seed) for seed in range(50)]
    >>> ax = plot.calibration([bo.estimate(draw, x, y) for draw in draws], np.exp(-0.5))
    >>> ax.get_ylabel()
    'coverage (fraction of intervals)'
    """
    if isinstance(estimates, KernelEstimate):
        estimates = [estimates]
    for i, each in enumerate(several("calibration", "estimates", estimates)):
        expect("calibration", f"estimates[{i}]", each, (KernelEstimate,))
    value, standard_error, freedom = (
        np.concatenate([np.atleast_1d(getattr(each, name)) for each in estimates])
        for name in ("value", "standard_error", "degrees_of_freedom")
    )
    count = value.shape[0]
    truth = np.asarray(exact, dtype=np.float64)
    if truth.ndim > 1 or (truth.ndim == 1 and truth.shape[0] not in (1, count)):
        raise ValueError(
            f"calibration: exact has shape {truth.shape}, expected a number or ({count},)"
        )
    every = KernelEstimate(value, standard_error, freedom, blocks=0, source="")
    nominal = (
        np.linspace(0.05, 0.99, 40)
        if levels is None
        else np.array(
            [
                fraction("calibration", "levels", level)
                for level in several("calibration", "levels", levels)
            ]
        )
    )
    coverage = []
    for level in nominal:
        low, high = every.interval(float(level))
        coverage.append(np.mean((low <= truth) & (truth <= high)))
    ax = axes_or_new(ax)
    first = not ax.lines
    if first:
        ideal = np.linspace(0, 1, 101)
        half = 1.96 * np.sqrt(ideal * (1 - ideal) / count)
        ax.fill_between(
            ideal,
            np.clip(ideal - half, 0, 1),
            np.clip(ideal + half, 0, 1),
            color="0.88",
            label=f"calibrated, 95 % ({count} intervals)",
        )
        ax.plot([0, 1], [0, 1], "--", color="0.5", linewidth=1, label="nominal")
    ax.plot(nominal, coverage, ".-", markersize=4, label=label or "measured")
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
        xlabel="nominal coverage (fraction)",
        ylabel="coverage (fraction of intervals)",
    )
    ax.legend(frameon=False, loc="upper left")
    return ax
