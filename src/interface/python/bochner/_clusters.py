# SPDX-License-Identifier: Apache-2.0
"""Clusters of the rows of a Gram matrix."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, doubles, threads
from bochner._gram_approximation import GramApproximation, approximate_operator
from bochner._options import seed_of, whole
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
