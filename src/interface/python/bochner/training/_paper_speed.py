# SPDX-License-Identifier: Apache-2.0
"""Figures 1 and 3 of the Performers' paper: time and memory of a step against the length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import bochner
from bochner.plot._axes import finished, ticks_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bochner._attention_costs import Backend
    from bochner._study_inputs import Doubles
    from bochner.training._training_costs import TrainingCosts


def modelled_microseconds(costs: TrainingCosts, head_dim: int, num_features: int) -> Doubles:
    """Microseconds per token of exact attention and of features, as the library models them.

    Per attention, ``a + b t(L) / L`` with t that of `bochner.attention_nanoseconds`: a is all that
    goes on beside attention, b how often attention is passed, forward and backward, in this
    machine's unit. Both are fitted to all lengths but the longest, which is predicted.

    Parameters
    ----------
    costs : TrainingCosts
        Without windows.
    head_dim, num_features : int
        Of a head.

    Returns
    -------
    array
        One entry per entry of `costs`; NaN where fewer than two lengths were measured beside the
        longest.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.training import TrainingCosts, modelled_microseconds
    >>> lengths = np.array([256, 1024, 4096])
    >>> costs = TrainingCosts(np.array(["exact"] * 3), np.zeros(3, int), lengths,
    ...                       np.array(["done"] * 3), 5.0 + 0.01 * (lengths + 1), np.ones(3))
    >>> np.allclose(modelled_microseconds(costs, 32, 128), costs.microseconds)
    True
    """
    found = np.full(costs.length.shape, np.nan)
    for attention in dict.fromkeys(costs.attention.tolist()):
        here = np.flatnonzero((costs.attention == attention) & (costs.status == "done"))
        backend: Backend = "exact" if attention == "exact" else "random-features"
        model = np.array(
            [
                bochner.attention_nanoseconds(backend, n, n, head_dim, num_features, causal=True)
                / n
                for n in costs.length[here].tolist()
            ]
        )
        fitted = costs.length[here] < costs.length[here].max(initial=0)
        if fitted.sum() < 2:
            continue
        terms = np.stack([np.ones_like(model), model], -1)
        measured = costs.microseconds[here]
        shares = terms[fitted] / measured[fitted, np.newaxis]
        weights, *_ = np.linalg.lstsq(shares, np.ones(len(shares)), rcond=None)
        found[here] = terms @ weights
    return found


def draw_speed(costs: TrainingCosts, modelled: Doubles, ax: Axes) -> Axes:
    """Points measured, lines modelled."""
    for attention in dict.fromkeys(costs.attention.tolist()):
        here = (costs.attention == attention) & (costs.status == "done")
        style = {"label": attention, "linestyle": "none", "marker": "o"}
        (points,) = ax.loglog(costs.length[here], costs.microseconds[here], **style)
        ax.plot(costs.length[here], modelled[here], color=points.get_color())
    ticks_at(ax, costs.length.tolist())
    title = "points: measured, lines: model"
    return finished(ax, "length", "microseconds per token", legend=title)
