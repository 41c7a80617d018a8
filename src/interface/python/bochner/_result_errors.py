# SPDX-License-Identifier: Apache-2.0
"""What is computed from a Gram matrix of features, and how far it depends on their draw."""

from __future__ import annotations

from bochner import _core
from bochner._arrays import ArrayLike, like, rows, threads
from bochner._feature_errors import FeatureErrors, Resampling, resampling_options
from bochner._map import Map, as_map
from bochner._options import whole
from bochner._results import arrays_of


def two_sample_error(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike,
    *,
    resampling: Resampling = "automatic",
    replicates: int = 200,
    seed: int = 0,
    num_threads: int | None = None,
) -> FeatureErrors:
    """MMD^2 between two samples, and its error over draws of the frequencies.

    The unbiased estimate of `two_sample_test`; linear in the contributions of the frequencies, so
    that the standard error is unbiased and there is no bias. O((n + l) m d).

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x, y : array of shape (n, input_dim) and (l, input_dim)
        float32 or float64, both alike.
    resampling, replicates, seed
        As `feature_error`.
    num_threads : int, optional

    Returns
    -------
    FeatureErrors
        Of one result.

    Raises
    ------
    TypeError, ValueError
        As `feature_error`, unless both samples have two rows or more, on NaN and infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(100, 2)), rng.normal(loc=1.0, size=(80, 2))
    >>> found = bo.two_sample_error(bo.FeatureMapSpec(2, 64, seed=1), x, y)
    >>> found.frequencies_needed(found.standard_error[0] / 2)
    256
    """
    function = "two_sample_error"
    x = rows(function, "x", x)
    found = _core.two_sample_error(
        as_map(function, feature_map)._map,
        x,
        like(function, "y", y, "rows, columns", "x", x.dtype),
        *resampling_options(function, resampling, replicates, seed),
        threads(function, num_threads),
    )
    return FeatureErrors(**arrays_of(found))


def independence_error(
    map_x: Map,
    x: ArrayLike,
    map_y: Map,
    y: ArrayLike,
    *,
    resampling: Resampling = "automatic",
    replicates: int = 200,
    seed: int = 0,
    num_threads: int | None = None,
) -> FeatureErrors:
    """HSIC of two variables observed together, and its error over draws of the frequencies.

    The statistic of `independence_test`. Maps of one seed are resampled together, others each by
    itself. O(n D_x D_y).

    Parameters
    ----------
    map_x, map_y : FeatureMap, FeatureMapSpec or str
    x, y : array of shape (n, input_dim of its map)
        float32 or float64, both alike.
    resampling, replicates, seed
        As `feature_error`.
    num_threads : int, optional

    Returns
    -------
    FeatureErrors
        Of one result.

    Raises
    ------
    TypeError, ValueError
        As `feature_error`, when sizes differ, with fewer than two rows, on NaN and infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(200, 1))
    >>> maps = [bo.FeatureMapSpec(1, 64, seed=seed) for seed in (1, 2)]
    >>> found = bo.independence_error(maps[0], x, maps[1], np.cos(2.0 * x))
    >>> bool(found.value[0] > 5.0 * found.standard_error[0])
    True
    """
    function = "independence_error"
    x = rows(function, "x", x)
    found = _core.independence_error(
        as_map(function, map_x)._map,
        x,
        as_map(function, map_y)._map,
        like(function, "y", y, "rows, columns", "x", x.dtype),
        *resampling_options(function, resampling, replicates, seed),
        threads(function, num_threads),
    )
    return FeatureErrors(**arrays_of(found))


def eigenvalue_error(
    feature_map: Map,
    x: ArrayLike,
    count: int,
    *,
    resampling: Resampling = "automatic",
    replicates: int = 200,
    seed: int = 0,
    num_threads: int | None = None,
) -> FeatureErrors:
    """The largest eigenvalues of a Gram matrix, and their errors over draws of the frequencies.

    O(n D^2 + 9 D^3), and 9 D^3 for each of at most 64 groups of blocks or each replicate: for up to
    some hundreds of features. Largest eigenvalues of estimates are too large on average, which
    `bias` shows.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
    count : int
        From 1 to the smaller of n and the number of features.
    resampling, replicates, seed
        As `feature_error`.
    num_threads : int, optional

    Returns
    -------
    FeatureErrors
        Of `count` results, descending.

    Raises
    ------
    TypeError, ValueError
        As `feature_error`, on a count out of range, on NaN and infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> found = bo.eigenvalue_error(bo.FeatureMapSpec(2, 32, seed=1), x, 3)
    >>> bool(np.all(np.diff(found.value) < 0) and np.all(found.standard_error > 0))
    True
    """
    function = "eigenvalue_error"
    found = _core.eigenvalue_error(
        as_map(function, feature_map)._map,
        rows(function, "x", x),
        whole(function, "count", count, 0),
        *resampling_options(function, resampling, replicates, seed),
        threads(function, num_threads),
    )
    return FeatureErrors(**arrays_of(found))


def principal_component_error(
    feature_map: Map,
    x: ArrayLike,
    count: int,
    *,
    resampling: Resampling = "automatic",
    replicates: int = 200,
    seed: int = 0,
    num_threads: int | None = None,
) -> FeatureErrors:
    """Variances of kernel principal components, and their errors over draws of the frequencies.

    The first `count` variances of `KernelPrincipalComponents`, then their shares of the total
    variance. Costs as `eigenvalue_error`.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
    count : int
        From 1 to the smaller of n and the number of features.
    resampling, replicates, seed
        As `feature_error`.
    num_threads : int, optional

    Returns
    -------
    FeatureErrors
        Of ``2 count`` results.

    Raises
    ------
    TypeError, ValueError
        As `eigenvalue_error`, and on rows that are all alike.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> found = bo.principal_component_error(bo.FeatureMapSpec(2, 32, seed=1), x, 3)
    >>> bool(0 < found.value[3:].sum() < 1)
    True
    """
    function = "principal_component_error"
    found = _core.principal_component_error(
        as_map(function, feature_map)._map,
        rows(function, "x", x),
        whole(function, "count", count, 0),
        *resampling_options(function, resampling, replicates, seed),
        threads(function, num_threads),
    )
    return FeatureErrors(**arrays_of(found))
