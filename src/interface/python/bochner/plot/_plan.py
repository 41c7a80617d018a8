# SPDX-License-Identifier: Apache-2.0
"""What is planned for every head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bochner._attention_plans import HeadPlan
from bochner._options import several
from bochner.plot._axes import OUTPUT_ERROR_LABEL, axes_or_new, expect, fine_line, finished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_METHODS = ("features", "exact-and-features", "exact-and-means", "exact")
_ZERO = 1e-6  # below it the axis of errors is linear: exact attention has none


def plan(
    plans: HeadPlan | Sequence[HeadPlan],
    *,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Every head by the pairs that it weighs exactly and the error that is left.

    A point is a head, with its number beside it, coloured by its method. A dashed line marks an
    error of 10 %.

    Parameters
    ----------
    plans : HeadPlan, or several
        What `plan_attention` returned.
    label : str, optional
        Of these heads, as title.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        On other arguments, or when there are no plans.
    ImportError
        Where matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> from bochner import plot
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 2, 40, 4))
    >>> base = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(), features=bo.HyperbolicOprfFeatures())
    >>> plot.plan(bo.plan_attention(base, q, k, v)).get_xlabel()
    'share of the pairs weighed exactly'
    """
    each = [plans] if isinstance(plans, HeadPlan) else several("plan", "plans", plans)
    for h, head in enumerate(each):
        expect("plan", f"plans[{h}]", head, (HeadPlan,))
    ax = axes_or_new(ax)
    for colour, method in enumerate(_METHODS):
        here = [h for h, head in enumerate(each) if head.method == method]
        if not here:
            continue
        shares, errors = (
            [getattr(each[h], name) for h in here] for name in ("exact_share", "error")
        )
        ax.plot(shares, errors, "o", color=f"C{colour}", label=method, clip_on=False)
    numbers: dict[tuple[float, float], list[str]] = {}
    for h, head in enumerate(each):
        numbers.setdefault((head.exact_share, head.error), []).append(str(h))
    for point, heads in numbers.items():
        ax.annotate(", ".join(heads), point, (5, 5), textcoords="offset points", fontsize="small")
    fine_line(ax)
    ax.set_yscale("symlog", linthresh=_ZERO)
    ax.set_ylim(bottom=0)
    ax.set_xlim(-0.05, 1.1)
    if label is not None:
        ax.set_title(label)
    return finished(ax, "share of the pairs weighed exactly", OUTPUT_ERROR_LABEL)
