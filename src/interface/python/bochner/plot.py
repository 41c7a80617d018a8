# SPDX-License-Identifier: Apache-2.0
"""Figures of errors, studies and paths, with matplotlib.

Every function draws into the axes that it is given, or into new ones, and returns them. matplotlib
is imported when a figure is drawn: ``pip install bochner[plot]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._estimators import GramErrorCurve, KernelEstimate
from bochner._options import fraction, frequencies_of, positive, several
from bochner._studies import GramStudy, MatrixStudy, PairStudy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

__all__ = ["calibration", "error_curve", "ratio_map", "ridge_path"]

_REFERENCE = r"$1/\sqrt{m}$"
_LEAST, _MOST = 16, 4096
# Estimates that are exact but for rounding have no error to compare with.
_ROUNDING = 1e-12
# Values that span more have a logarithmic axis.
_DECADE = 10


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError("bochner.plot needs matplotlib: pip install bochner[plot]") from error
    _, new = plt.subplots(layout="constrained")
    return new


def _expect(function: str, name: str, value: object, classes: tuple[type, ...]) -> None:
    if not isinstance(value, classes):
        wanted = " or ".join(each.__name__ for each in classes)
        raise TypeError(f"{function}: {name} is {type(value).__name__}, expected {wanted}")


def _short(text: str) -> str:
    """A map's name without the options of its projection, which rarely differ."""
    return text.partition("(")[0]


# Errors against frequencies


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
    _expect("error_curve", "curve", curve, (GramErrorCurve,))
    if measured is not None:
        _expect("error_curve", "measured", measured, (GramStudy, MatrixStudy))
    counts = (
        _whole_blocks(curve) if frequencies is None else frequencies_of("error_curve", frequencies)
    )
    errors = np.asarray(curve.at(counts).relative_error)
    ax = _axes(ax)
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
    ax.set_xlabel("number of frequencies $m$")
    ax.set_ylabel(r"relative Frobenius error $\|\hat K - K\|_F / \|K\|_F$")
    ax.grid(visible=True, which="major", alpha=0.3)
    ax.legend(frameon=False)
    return ax


# Measured over predicted


def _cells(
    study: PairStudy | MatrixStudy | GramStudy,
) -> tuple[list[str], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Map, number of frequencies, and squares of the measured and the predicted error."""
    if isinstance(study, GramStudy):
        names = [_short(projection) for projection in study.projection]
        return names, study.frequencies, study.measured**2, study.predicted**2
    names = [
        f"{_short(features)}, {_short(projection)}"
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
    _expect("ratio_map", "study", study, (PairStudy, MatrixStudy, GramStudy))
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
    ax = _axes(ax)
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


# Intervals


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
        _expect("calibration", f"estimates[{i}]", each, (KernelEstimate,))
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
    ax = _axes(ax)
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


# Ridges


def ridge_path(path: Any, *, ridge: float | None = None, ax: Axes | None = None) -> Axes:
    """What every ridge would do: the root of generalised cross-validation, or the held-out loss.

    Parameters
    ----------
    path : RidgePath or LogisticValidation
        With members ``ridge`` and ``gcv``, or ``ridge``, ``log_loss`` and ``standard_error``.
    ridge : float, optional
        The model's, marked on the path; without it the smallest value is.
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
    >>> from types import SimpleNamespace
    >>> from bochner import plot
    >>> path = SimpleNamespace(ridge=[1e-4, 1e-3, 1e-2], gcv=[2.0, 1.0, 1.5])
    >>> plot.ridge_path(path).get_ylabel()
    'root of GCV (units of the target)'
    """
    logistic = hasattr(path, "log_loss")
    if not hasattr(path, "ridge") or not (logistic or hasattr(path, "gcv")):
        raise TypeError(f"ridge_path: path is {type(path).__name__}, expected a path of ridges")
    order = np.argsort(path.ridge)
    # A ridge of zero has no place on a logarithmic axis.
    order = order[np.asarray(path.ridge)[order] > 0]
    if order.size == 0:
        raise ValueError("ridge_path: path has no positive ridge")
    ridges = np.asarray(path.ridge, dtype=np.float64)[order]
    values = np.asarray(path.log_loss if logistic else np.sqrt(path.gcv), dtype=np.float64)[order]
    if not np.isfinite(values).any():
        raise ValueError("ridge_path: path has no finite value")
    if ridge is None:
        chosen, what = int(np.nanargmin(np.where(np.isfinite(values), values, np.nan))), "smallest"
    else:
        wanted = positive("ridge_path", "ridge", ridge)
        chosen, what = int(np.argmin(np.abs(np.log(ridges / wanted)))), "the model's ridge"
    ax = _axes(ax)
    if logistic:
        error = np.asarray(path.standard_error, dtype=np.float64)[order]
        ax.errorbar(ridges, values, error, fmt=".-", label="mean and one standard error")
    else:
        ax.plot(ridges, values, "-", label="all rows, one factorisation")
    ax.plot(ridges[chosen], values[chosen], "o", zorder=3, label=f"{what}, {ridges[chosen]:.3g}")
    ax.set_xscale("log")
    finite = values[np.isfinite(values)]
    if finite.max() > _DECADE * finite.min() > 0:
        ax.set_yscale("log")
    ax.set_xlabel(r"ridge $\lambda$")
    ax.set_ylabel(
        "held-out log loss (nats a row)" if logistic else "root of GCV (units of the target)"
    )
    ax.grid(visible=True, which="major", alpha=0.3)
    ax.legend(frameon=False)
    return ax
