# SPDX-License-Identifier: Apache-2.0
"""Tests of samples by kernel means."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, overload

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, like, rows, threads
from bochner._chi_square import ChiSquareLaw
from bochner._exact_gram import ExactGram
from bochner._gram_approximation import GramApproximation, approximate_operator
from bochner._map import Map, as_map
from bochner._options import one_of, seed_of, whole
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

NullLaw: TypeAlias = Literal["weighted-chi-squares", "permutations"]


@dataclasses.dataclass(frozen=True, eq=False)
class KernelTest(Result):
    """A statistic, and how likely values as large are under the hypothesis that is tested.

    Attributes
    ----------
    statistic : float
    p_value : float
        By permutation, ``(1 + #{permuted >= statistic}) / (B + 1)``: at most alpha with probability
        at most alpha under the hypothesis, for every number of rows. Values that differ by rounding
        only count as equal. By the limit law, its tail, which holds for many rows; 1 where rows do
        not vary.
    permuted : float64 array of shape (B,)
        The statistic after random permutations; empty by the limit law.
    """

    statistic: float
    p_value: float
    permuted: NDArray[np.float64]


def _null(
    function: str, null: NullLaw, law: ChiSquareLaw, permutations: int, seed: int
) -> tuple[tuple[str, str, int], NDArray[np.float64]]:
    """Where the p-value comes from, and room for values after permutations."""
    count = whole(function, "permutations", permutations, 1)
    words = (
        one_of(function, "null", null, get_args(NullLaw)),
        one_of(function, "law", law, get_args(ChiSquareLaw)),
    )
    room = np.empty(count if null == "permutations" else 0)
    return (*words, seed_of(function, seed)), room


@overload
def two_sample_test(
    pooled: ExactGram | GramApproximation,
    first_rows: int,
    /,
    *,
    null: NullLaw = ...,
    law: ChiSquareLaw = ...,
    permutations: int = ...,
    seed: int = ...,
    num_threads: int | None = ...,
) -> KernelTest: ...
@overload
def two_sample_test(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    null: NullLaw = ...,
    law: ChiSquareLaw = ...,
    permutations: int = ...,
    seed: int = ...,
    num_threads: int | None = ...,
) -> KernelTest: ...
def two_sample_test(
    first: Any,
    second: Any,
    third: Any = None,
    /,
    *,
    null: NullLaw = "permutations",
    law: ChiSquareLaw = "inversion",
    permutations: int = 999,
    seed: int = 0,
    num_threads: int | None = None,
) -> KernelTest:
    """Whether two samples have the same law: maximum mean discrepancy.

    Called as ``two_sample_test(feature_map, x, y)`` with two samples, or as
    ``two_sample_test(gram, first_rows)`` with the Gram matrix of both, the first sample's rows
    first. The statistic is the unbiased estimate of MMD^2 between n and l rows::

        sum_{i != j} k(x_i, x_j) / (n (n - 1)) + sum_{i != j} k(y_i, y_j) / (l (l - 1))
            - 2 sum_ij k(x_i, y_j) / (n l)

    and its p-value is of the hypothesis that all rows are drawn from the same law. By permutation
    rows are dealt to the two samples anew, B times: `O((n + l) D B)` for features, `O((n + l)^2 (d
    + B))` for the exact kernel. By its limit law the estimate is ``(1/n + 1/l) sum_k lambda_k (X_k
    - 1)``, lambda the eigenvalues of the covariance of the features of all rows and ``X_k``
    chi-squared with one degree of freedom: `O((n + l) D^2 + min(n + l, D)^3)` for features, `O((n +
    l)^3)` for the exact kernel. The same bits for any number of threads.

    Parameters
    ----------
    first : FeatureMap, FeatureMapSpec or str; or ExactGram or GramApproximation
        The map, or the matrix of the pooled rows.
    second : array of shape (n, input_dim); or int
        The first sample, float32 or float64; or how many rows of the matrix are the first sample.
    third : array of shape (l, input_dim), optional
        The second sample, of the dtype of the first; not for a matrix.
    null : {"permutations", "weighted-chi-squares"}
        Where the law of the statistic without difference comes from: permutations of rows, exact
        for any number of them, or its limit for many rows.
    law : {"inversion", "satterthwaite-welch", "hall-buckley-eagleson", "lindsay-pilla-basak"}
        Of ``null="weighted-chi-squares"``; see `weighted_chi_square_tail`.
    permutations : int
        B of ``null="permutations"``, at least 1.
    seed : int
    num_threads : int, optional

    Returns
    -------
    KernelTest

    Raises
    ------
    TypeError
        On other arguments.
    ValueError
        Unless both samples have two rows or more, on ``permutations < 1``, NaN, infinity and
        overflow.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(100, 2)), rng.normal(loc=1.0, size=(80, 2))
    >>> spec = bo.FeatureMapSpec(2, 100, seed=1)
    >>> bo.two_sample_test(spec, x, y, permutations=199).p_value
    0.005
    >>> bo.two_sample_test(spec, x, y, null="weighted-chi-squares").p_value < 1e-6
    True
    """
    function = "two_sample_test"
    words, permuted = _null(function, null, law, permutations, seed)
    options = (*words, permuted, threads(function, num_threads))
    if isinstance(first, (ExactGram, GramApproximation)):
        if third is not None:
            raise TypeError(f"{function}: a matrix goes with a count of rows and nothing else")
        count = whole(function, "first_rows", second)
        if isinstance(first, ExactGram):
            outcome = _core.two_sample_test_exact(first._gram, count, *options)
        else:
            outcome = _core.two_sample_test(first._gram, count, *options)
    else:
        fm = as_map(function, first)
        if third is None:
            raise TypeError(f"{function}: a map goes with two samples; the second is missing")
        x = rows(function, "x", second)
        y = like(function, "y", third, "rows, columns", "x", x.dtype)
        outcome = _core.two_sample_test_of_rows(fm._map, x, y, *options)
    statistic, p_value = outcome
    return KernelTest(statistic, p_value, permuted)


def independence_test(
    x: GramApproximation,
    y: GramApproximation,
    *,
    null: NullLaw = "permutations",
    law: ChiSquareLaw = "inversion",
    permutations: int = 999,
    seed: int = 0,
    num_threads: int | None = None,
) -> KernelTest:
    """Whether two variables that were observed together are independent.

    The Hilbert-Schmidt independence criterion ``tr(K H L H) / n^2``, ``H = I - 1 1^T / n``, of the
    Gram matrices K of n rows and L of the n rows observed with them, with a p-value of the
    hypothesis that the two are independent. A few hundred features are enough for a test. By
    permutation the rows of L are permuted, B times: `O(n D_x D_y B)`. By its limit law n HSIC is
    ``sum_jk lambda_j mu_k X_jk``, lambda and mu the eigenvalues of the covariances of the two kinds
    of features and ``X_jk`` chi-squared with one degree of freedom: `O(n (D_x + D_y)^2 + min(n,
    D_x)^3 + min(n, D_y)^3)`, and ``D_x D_y`` weights. Holds ``n D_y`` numbers; the same bits for
    any number of threads.

    Parameters
    ----------
    x, y : GramApproximation
        Of one size and one dtype of features.
    null : {"permutations", "weighted-chi-squares"}
        Where the law of the statistic without dependence comes from: permutations of rows, exact
        for any number of them, or its limit for many rows.
    law : {"inversion", "satterthwaite-welch", "hall-buckley-eagleson", "lindsay-pilla-basak"}
        Of ``null="weighted-chi-squares"``; see `weighted_chi_square_tail`.
    permutations : int
        B of ``null="permutations"``, at least 1.
    seed : int
    num_threads : int, optional

    Returns
    -------
    KernelTest

    Raises
    ------
    TypeError
        Where an argument is no such matrix, and when dtypes differ.
    ValueError
        When sizes differ, ``n < 2``, ``permutations < 1``, and when a feature overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(100, 1))
    >>> spec = bo.FeatureMapSpec(1, 20, seed=1)
    >>> K, L = bo.GramApproximation(spec, x), bo.GramApproximation(spec, x**2)
    >>> bo.independence_test(K, L, permutations=199).p_value
    0.005
    >>> bo.independence_test(K, L, null="weighted-chi-squares").p_value < 1e-6
    True
    """
    function = "independence_test"
    a = approximate_operator(function, "x", x)
    b = approximate_operator(function, "y", y)
    if x.feature_dtype != y.feature_dtype:
        raise TypeError(
            f"{function}: x has {x.feature_dtype} features and y {y.feature_dtype}, expected one "
            "dtype for both"
        )
    words, permuted = _null(function, null, law, permutations, seed)
    statistic, p_value = _core.independence_test(
        a, b, *words, permuted, threads(function, num_threads)
    )
    return KernelTest(statistic, p_value, permuted)
