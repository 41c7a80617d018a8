# SPDX-License-Identifier: Apache-2.0
"""Kernel methods on Gram matrices: principal components, clusters and tests."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, double_output, doubles, like, numbers, rows, threads
from bochner._gram import ExactGram, GramApproximation, approximate_operator
from bochner._map import FeatureMap, as_map
from bochner._options import seed_of, whole
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bochner._gram import Map


class KernelPrincipalComponents:
    """Kernel principal components by random features.

    The directions in feature space along which the centred features of n rows vary most. The scores
    of a row, ``v_k . (phi(x) - mean phi)``, are those of the eigenvectors of ``H K^ H``, and exist
    for rows that were not seen. A component's sign is that which makes its largest coefficient
    positive. `O(n D^2 + 9 D^3)`: for up to a few thousand features. Components whose variance is no
    more than the rounding errors of the largest, or of the features, are left out.

    Immutable, safe to share between threads, picklable (without the rows).

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64, two rows or more.
    count : int
        Components, at least 1.
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On other shapes, fewer rows, NaN or infinity, and when features overflow.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(300, 3))
    >>> components = bo.KernelPrincipalComponents(bo.FeatureMapSpec(3, 32, seed=1), x, 2)
    >>> scores = components.transform(x)
    >>> bool(np.allclose(scores.var(axis=0), components.variances))
    True
    """

    __slots__ = ("_components", "_map")

    _components: _core.Components
    _map: FeatureMap

    def __init__(
        self, feature_map: Map, x: ArrayLike, count: int, *, num_threads: int | None = None
    ) -> None:
        function = "KernelPrincipalComponents"
        self._map = as_map(function, feature_map, "feature_map")
        self._components = _core.components_of(
            self._map._map,
            rows(function, "x", x),
            whole(function, "count", count),
            threads(function, num_threads),
        )

    @property
    def feature_map(self) -> FeatureMap:
        """The map."""
        return self._map

    @property
    def num_components(self) -> int:
        """Columns of the scores."""
        return self._components.num_components

    @property
    def variances(self) -> NDArray[np.float64]:
        """Of the scores of the n rows (over n), descending."""
        return np.array(self._components.variances)

    @property
    def total_variance(self) -> float:
        """Of all features together: what the variances are shares of."""
        return self._components.total_variance

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows that `transform` takes."""
        return np.dtype(np.float32 if self._components.is_single else np.float64)

    def transform(
        self,
        x: ArrayLike,
        *,
        out: NDArray[np.float64] | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """The scores of the rows of `x`; `O(rows (m d + D components))`.

        Parameters
        ----------
        x : array of shape (rows, input_dim)
            Of the dtype of the rows that the components are of.
        out : float64 array of shape (rows, num_components), optional
        num_threads : int, optional

        Returns
        -------
        float64 array of shape (rows, num_components)

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On other shapes, NaN or infinity.
        """
        a = numbers("transform", "x", x, "rows, columns")
        if a.dtype != self.dtype:
            raise TypeError(
                f"transform: x has dtype {a.dtype}, expected {self.dtype}, that of the rows of "
                "which these are the components"
            )
        to = double_output("transform", out, (a.shape[0], self.num_components))
        self._components.transform(a, to, threads("transform", num_threads))
        return to

    def __copy__(self) -> KernelPrincipalComponents:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> KernelPrincipalComponents:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        saved = self._components.save()
        return _load_components, (self._map, self._components.is_single, *saved)

    def __repr__(self) -> str:
        return f"KernelPrincipalComponents({self._map!r}, num_components={self.num_components})"


def _load_components(
    feature_map: FeatureMap, is_single: bool, words: dict[str, str], arrays: dict[str, Any]
) -> KernelPrincipalComponents:
    made = KernelPrincipalComponents.__new__(KernelPrincipalComponents)
    made._map = feature_map
    made._components = _core.load_components(feature_map._map, is_single, words, arrays)
    return made


@dataclasses.dataclass(frozen=True, eq=False)
class KernelClusters(Result):
    """A partition of the rows of a Gram matrix.

    Attributes
    ----------
    labels : int64 array of shape (n,)
        In [0, k), one per row.
    centres : float64 array of shape (D, k)
        Means of features.
    inertia : float
        Sum of squared distances to the nearest centre, in feature space.
    iterations : int
        Of the start that counts.
    converged : bool
        No label changed in the last one.
    """

    labels: NDArray[np.int64]
    centres: NDArray[np.float64]
    inertia: float
    iterations: int
    converged: bool


def kernel_kmeans(
    gram: GramApproximation,
    clusters: int,
    *,
    restarts: int = 10,
    max_iterations: int = 100,
    seed: int = 0,
    num_threads: int | None = None,
) -> KernelClusters:
    """Kernel k-means: Lloyd's iteration on the features, which is that on the matrix itself.

    First centres are rows drawn in proportion to their squared distance from those before; a
    cluster that loses all rows takes the row farthest from its own centre. `O(n D k)` an iteration;
    the same bits for any number of threads.

    Parameters
    ----------
    gram : GramApproximation
    clusters : int
        k, 1 to n.
    restarts : int
        From other first centres; the best outcome counts.
    max_iterations : int
        Of each start.
    seed : int
    num_threads : int, optional

    Returns
    -------
    KernelClusters

    Raises
    ------
    TypeError
        Where `gram` is no GramApproximation.
    ValueError
        On options out of range and when features overflow.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> K = bo.GramApproximation.from_factor(np.array([[0.0], [0.1], [5.0]]))
    >>> found = bo.kernel_kmeans(K, 2)
    >>> bool(found.labels[0] == found.labels[1] != found.labels[2])
    True
    """
    function = "kernel_kmeans"
    held = approximate_operator(function, "gram", gram)
    k = whole(function, "clusters", clusters, 1)
    labels = np.empty(held.size, np.int64)
    centres = np.empty((held.num_features, min(k, held.size)))
    found = _core.kernel_kmeans(
        held,
        k,
        whole(function, "restarts", restarts),
        whole(function, "max_iterations", max_iterations),
        seed_of(function, seed),
        labels,
        centres,
        threads(function, num_threads),
    )
    return KernelClusters(labels, centres, **found)


def nearest_clusters(
    gram: GramApproximation, centres: ArrayLike, *, num_threads: int | None = None
) -> NDArray[np.int64]:
    """The nearest centre of each row: for rows that were not clustered, under the same map.

    Parameters
    ----------
    gram : GramApproximation
        Of the rows.
    centres : array of shape (D, k)
        Those of `kernel_kmeans`.
    num_threads : int, optional

    Returns
    -------
    int64 array of shape (n,)
        The first of equals.

    Raises
    ------
    TypeError
        On another dtype, and where `gram` is no GramApproximation.
    ValueError
        On other shapes, and without columns.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> K = bo.GramApproximation.from_factor(np.array([[1.0], [4.0]]))
    >>> bo.nearest_clusters(K, np.array([[0.0, 5.0]]))
    array([0, 1])
    """
    held = approximate_operator("nearest_clusters", "gram", gram)
    labels = np.empty(held.size, np.int64)
    means = doubles("nearest_clusters", "centres", centres, "features, clusters")
    _core.nearest_clusters(held, means, labels, threads("nearest_clusters", num_threads))
    return labels


@dataclasses.dataclass(frozen=True, eq=False)
class PermutationTest(Result):
    """A statistic and its law under the hypothesis that is tested.

    Attributes
    ----------
    statistic : float
    p_value : float
        ``(1 + #{permuted >= statistic}) / (B + 1)``: at most alpha with probability at most alpha
        under the hypothesis, for every number of rows. Values that differ by rounding only count as
        equal.
    permuted : float64 array of shape (B,)
        The statistic after random permutations.
    """

    statistic: float
    p_value: float
    permuted: NDArray[np.float64]


@overload
def two_sample_test(
    pooled: ExactGram | GramApproximation,
    first_rows: int,
    /,
    *,
    permutations: int = ...,
    seed: int = ...,
    num_threads: int | None = ...,
) -> PermutationTest: ...


@overload
def two_sample_test(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    permutations: int = ...,
    seed: int = ...,
    num_threads: int | None = ...,
) -> PermutationTest: ...


def two_sample_test(
    first: Any,
    second: Any,
    third: Any = None,
    /,
    *,
    permutations: int = 999,
    seed: int = 0,
    num_threads: int | None = None,
) -> PermutationTest:
    """Whether two samples have the same law: maximum mean discrepancy.

    Called as ``two_sample_test(feature_map, x, y)`` with two samples, or as
    ``two_sample_test(gram, first_rows)`` with the Gram matrix of both, the first sample's rows
    first. The statistic is the unbiased estimate of MMD^2 between n and l rows::

        sum_{i != j} k(x_i, x_j) / (n (n - 1)) + sum_{i != j} k(y_i, y_j) / (l (l - 1))
            - 2 sum_ij k(x_i, y_j) / (n l)

    and its p-value is of the hypothesis that all rows are drawn from the same law: rows are dealt
    to the two samples anew, B times. `O((n + l) D B)` for features, `O((n + l)^2 (d + B))` for the
    exact kernel; the same bits for any number of threads.

    Parameters
    ----------
    first : FeatureMap, FeatureMapSpec or str; or ExactGram or GramApproximation
        The map, or the matrix of the pooled rows.
    second : array of shape (n, input_dim); or int
        The first sample, float32 or float64; or how many rows of the matrix are the first sample.
    third : array of shape (l, input_dim), optional
        The second sample, of the dtype of the first; not for a matrix.
    permutations : int
        B, at least 1.
    seed : int
    num_threads : int, optional

    Returns
    -------
    PermutationTest

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
    >>> bo.two_sample_test(bo.FeatureMapSpec(2, 100, seed=1), x, y, permutations=199).p_value
    0.005
    """
    function = "two_sample_test"
    permuted = np.empty(whole(function, "permutations", permutations, 1))
    options = (seed_of(function, seed), permuted, threads(function, num_threads))
    if isinstance(first, (ExactGram, GramApproximation)):
        if third is not None:
            raise TypeError(f"{function}: a matrix goes with a count of rows and nothing else")
        count = whole(function, "first_rows", second)
        if isinstance(first, ExactGram):
            outcome = _core.two_sample_test_exact(first._gram, count, *options)
        else:
            outcome = _core.two_sample_test(first._gram, count, *options)
    else:
        fm = as_map(function, first, "feature_map")
        if third is None:
            raise TypeError(f"{function}: a map goes with two samples; the second is missing")
        x = rows(function, "x", second)
        y = like(function, "y", third, "rows, columns", "x", x.dtype)
        outcome = _core.two_sample_test_of_rows(fm._map, x, y, *options)
    statistic, p_value = outcome
    return PermutationTest(statistic, p_value, permuted)


def independence_test(
    x: GramApproximation,
    y: GramApproximation,
    *,
    permutations: int = 999,
    seed: int = 0,
    num_threads: int | None = None,
) -> PermutationTest:
    """Whether two variables that were observed together are independent.

    The Hilbert-Schmidt independence criterion ``tr(K H L H) / n^2``, ``H = I - 1 1^T / n``, of the
    Gram matrices K of n rows and L of the n rows observed with them, with a p-value of the
    hypothesis that the two are independent: the rows of L are permuted, B times. `O(n D_x D_y B)`:
    a few hundred features are enough for a test. Holds ``n D_y`` numbers; the same bits for any
    number of threads.

    Parameters
    ----------
    x, y : GramApproximation
        Of one size and one dtype of features.
    permutations : int
        B, at least 1.
    seed : int
    num_threads : int, optional

    Returns
    -------
    PermutationTest

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
    """
    function = "independence_test"
    a = approximate_operator(function, "x", x)
    b = approximate_operator(function, "y", y)
    if x.feature_dtype != y.feature_dtype:
        raise TypeError(
            f"{function}: x has {x.feature_dtype} features and y {y.feature_dtype}, expected one "
            "dtype for both"
        )
    permuted = np.empty(whole(function, "permutations", permutations, 1))
    statistic, p_value = _core.independence_test(
        a, b, seed_of(function, seed), permuted, threads(function, num_threads)
    )
    return PermutationTest(statistic, p_value, permuted)
