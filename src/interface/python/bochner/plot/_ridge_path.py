# SPDX-License-Identifier: Apache-2.0
"""What every ridge would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._options import positive
from bochner.plot._axes import axes_or_new, finished

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Values that span more have a logarithmic axis.
_DECADE = 10


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
    ax = axes_or_new(ax)
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
    loss = "held-out log loss (nats per row)" if logistic else "root of GCV (units of the target)"
    return finished(ax, r"ridge $\lambda$", loss)
