# SPDX-License-Identifier: Apache-2.0
"""Eigenvalues and eigenvectors of a Gram matrix of features."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._arrays import threads
from bochner._gram_approximation import GramApproximation, approximate_operator
from bochner._options import whole
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class GramEigenpairs(Result):
    """``K^`` is about ``vectors @ np.diag(values) @ vectors.T``.

    Attributes
    ----------
    values : float64 array of shape (k,)
        Descending, all positive.
    vectors : float64 array of shape (n, k)
        Orthonormal columns.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]


def eigenpairs(
    gram: GramApproximation, count: int, *, num_threads: int | None = None
) -> GramEigenpairs:
    """The `count` largest eigenvalues with their eigenvectors.

    Or as many as are above the rounding errors of the largest. `O(n D r + r^3)`, ``r = min(n, D)``:
    for `r` up to a few thousand.

    Parameters
    ----------
    gram : GramApproximation
    count : int
        At least 1.
    num_threads : int, optional

    Returns
    -------
    GramEigenpairs

    Raises
    ------
    TypeError
        Where `gram` is no GramApproximation.
    ValueError
        On another `count`, and when features overflow.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> K = bo.GramApproximation.from_factor(np.array([[3.0, 0.0], [0.0, 2.0], [0.0, 0.0]]))
    >>> bo.eigenpairs(K, 2).values
    array([9., 4.])
    """
    held = approximate_operator("eigenpairs", "gram", gram)
    most = min(whole("eigenpairs", "count", count, 1), held.size, held.num_features)
    values = np.empty(most)
    vectors = np.empty((held.size, most))
    kept = _core.eigenpairs(held, most, values, vectors, threads("eigenpairs", num_threads))
    if kept < most:
        values, vectors = values[:kept].copy(), vectors[:, :kept].copy()
    return GramEigenpairs(values, vectors)
