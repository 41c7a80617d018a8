# SPDX-License-Identifier: Apache-2.0
"""Sums of weighted chi-squared variables."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, vector
from bochner._options import one_of, real

ChiSquareLaw: TypeAlias = Literal[
    "inversion", "satterthwaite-welch", "hall-buckley-eagleson", "lindsay-pilla-basak"
]


def weighted_chi_square_tail(
    weights: ArrayLike, x: float, *, law: ChiSquareLaw = "inversion"
) -> float:
    """The probability that a sum of weighted chi-squared variables exceeds `x`.

    ``P(sum_i weights[i] X_i > x)``, ``X_i`` independent with one degree of freedom: the law of MMD,
    HSIC and conditional independence where there is nothing to find.

    Parameters
    ----------
    weights : array of shape (n,)
        Not negative. Zeros count for nothing.
    x : float
    law : {"inversion", "satterthwaite-welch", "hall-buckley-eagleson", "lindsay-pilla-basak"}
        The law itself, by its inversion integral through the saddle point, to some 1e-12 of the
        smaller tail; or a law with the same two moments (Satterthwaite 1946), three cumulants
        (Buckley and Eagleson 1988), or up to eight moments (Lindsay, Pilla and Basak 2000).

    Returns
    -------
    float
        O(n), some hundreds of complex logarithms per weight by inversion.

    Raises
    ------
    TypeError, ValueError
        For weights that are negative or not finite, an `x` that is not finite, and other arguments.

    Examples
    --------
    >>> import bochner as bo
    >>> round(bo.weighted_chi_square_tail([1.0], 3.841458820694124), 12)
    0.05
    >>> [round(bo.weighted_chi_square_tail([3.0, 1.0], 9.0, law=law), 4) for law in (
    ...     "inversion", "satterthwaite-welch")]
    [0.1108, 0.1169]
    """
    function = "weighted_chi_square_tail"
    return float(
        _core.weighted_chi_square_tail(
            vector(function, "weights", weights, np.float64),
            real(function, "x", x),
            one_of(function, "law", law, get_args(ChiSquareLaw)),
        )
    )
