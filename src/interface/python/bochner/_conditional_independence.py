# SPDX-License-Identifier: Apache-2.0
"""Whether two variables are independent given a third."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, doubles, threads
from bochner._chi_square import ChiSquareLaw
from bochner._kernel_tests import NullLaw
from bochner._options import one_of, seed_of, whole
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class ConditionalIndependence(Result):
    """What `conditional_independence_test` found.

    Attributes
    ----------
    statistic : float
        ``n |C|_F^2`` of the first draw.
    p_value : float
        Of the first draw.
    p_values : float64 array of shape (draws,)
        Of every draw: how much the answer owes to random frequencies.
    combined_p_value : float
        All draws in one p-value by the Cauchy combination (Liu and Xie 2020).
    """

    statistic: float
    p_value: float
    p_values: NDArray[np.float64]
    combined_p_value: float


def _columns(function: str, name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Rows and columns in float64; a vector is one column."""
    if getattr(value, "ndim", 2) == 1:
        value = np.asarray(value)[:, None]
    return doubles(function, name, value, "rows, columns")


def conditional_independence_test(
    x: ArrayLike,
    y: ArrayLike,
    z: ArrayLike | None = None,
    *,
    test: Literal["rcot", "rcit"] = "rcot",
    features: int = 5,
    condition_features: int | None = None,
    null: NullLaw = "weighted-chi-squares",
    law: ChiSquareLaw = "inversion",
    permutations: int = 999,
    draws: int = 10,
    seed: int = 0,
    num_threads: int | None = None,
) -> ConditionalIndependence:
    """Whether x and y are independent given z.

    The randomised tests of Strobl, Zhang and Visweswaran (2019). Columns are standardised, kernels
    Gaussian with the median distance for a lengthscale. With residuals ``a_i`` and ``b_i`` of
    random features of x and y after least squares on those of z, the statistic is ``n |C|_F^2``,
    ``C = sum_i a_i b_i^T / n``; without dependence its law for large n is that of ``sum_k lambda_k
    X_k``, lambda the eigenvalues of the second moments of the products of residuals and ``X_k``
    chi-squared.

    Parameters
    ----------
    x, y : array of shape (n,) or (n, columns)
    z : array of shape (n,) or (n, columns), optional
        Without one, or where it does not vary, there is no condition.
    test : {"rcot", "rcit"}
        Features of x and y are compared, or of x and of y and z together, which sees all
        conditional dependence and is less well calibrated where z has many columns.
    features : int
        Of x and of y each.
    condition_features : int, optional
        Of z: 100, or a fifth of the rows where these are fewer than 500.
    null : {"weighted-chi-squares", "permutations"}
        Where the law of the statistic without dependence comes from: its limit, or permutations of
        the residuals of x.
    law : {"inversion", "satterthwaite-welch", "hall-buckley-eagleson", "lindsay-pilla-basak"}
        See `weighted_chi_square_tail`.
    permutations : int
        Of ``null="permutations"``.
    draws : int
        Of the frequencies.
    seed : int
    num_threads : int, optional

    Returns
    -------
    ConditionalIndependence
        ``O(draws n (D_z^2 + D_x^2 D_y^2))``; the same bits for any number of threads.

    Raises
    ------
    TypeError, ValueError
        On other arguments, different numbers of rows, too few rows for the features of z, NaN and
        infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=400)
    >>> x, y = z + 0.5 * rng.normal(size=400), z**2 + 0.5 * rng.normal(size=400)
    >>> bo.conditional_independence_test(x, y).p_value < 1e-3  # both depend on z
    True
    >>> bo.conditional_independence_test(x, y, z).p_value > 0.05
    True
    """
    function = "conditional_independence_test"
    first, second = _columns(function, "x", x), _columns(function, "y", y)
    third = np.empty((len(first), 0)) if z is None else _columns(function, "z", z)
    return ConditionalIndependence(
        **_core.conditional_independence_test(
            first,
            second,
            third,
            one_of(function, "test", test, ("rcot", "rcit")),
            whole(function, "features", features, 1),
            0
            if condition_features is None
            else whole(function, "condition_features", condition_features, 1),
            one_of(function, "null", null, get_args(NullLaw)),
            one_of(function, "law", law, get_args(ChiSquareLaw)),
            whole(function, "permutations", permutations, 1),
            whole(function, "draws", draws, 1),
            seed_of(function, seed),
            threads(function, num_threads),
        )
    )
