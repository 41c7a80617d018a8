# SPDX-License-Identifier: Apache-2.0
"""Errors of matrices of kernel values, predicted in closed form beside measured over draws."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, threads
from bochner._options import frequencies_of, seed_of
from bochner._results import Result
from bochner._specs import SpecLike, refusals_of, specs_of
from bochner._study_inputs import (
    FREQUENCIES,
    Doubles,
    Integers,
    Strings,
    inputs_of,
    replicates_of,
    require_studied,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, eq=False)
class MatrixStudy(Result):
    """The relative Frobenius error of a matrix of kernel values, predicted and measured.

    Vectors of one entry a map and number of frequencies. `to_frame` has the columns of the
    ``matrix.csv`` that ``bochner variance`` writes.

    Attributes
    ----------
    features, projection : array of str
    num_frequencies, num_features : array of int
    predicted : array
        Root of the mean square relative Frobenius error.
    measured, measured_error : array
        The same over the redraws, and its standard error; NaN without redraws.
    """

    features: Strings
    projection: Strings
    num_frequencies: Integers
    num_features: Integers
    predicted: Doubles
    measured: Doubles
    measured_error: Doubles


def matrix_study(
    specs: SpecLike | Sequence[SpecLike],
    queries: ArrayLike,
    keys: ArrayLike | None = None,
    *,
    frequencies: Sequence[int] = FREQUENCIES,
    redraws: int = 20,
    seed: int = 0,
    num_threads: int | None = None,
) -> MatrixStudy:
    """The error of a whole matrix ``k(q_i, k_j)`` over redraws, beside its closed form.

    The attention matrix, for the softmax kernel. Redraw r has the seed derived from (seed, r).

    Parameters
    ----------
    specs : FeatureMapSpec, FeatureMap or str, or several
        Their `num_frequencies` and `seed` are not used.
    queries : array of shape (n, input_dim)
        float32 is computed in float64.
    keys : array of shape (l, input_dim), optional
        Without them the queries.
    frequencies : sequence of int
    redraws : int
        0: closed forms alone.
    seed : int
    num_threads : int, optional

    Returns
    -------
    MatrixStudy

    Raises
    ------
    TypeError, ValueError
        As `pair_study`.

    Notes
    -----
    O(n l max(frequencies)) a map and redraw, O(n l) memory. An interrupted call leaves nothing.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k = np.random.default_rng(0).normal(size=(2, 20, 4)) * 0.3
    >>> spec = bo.FeatureMapSpec(4, 1, kernel=bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    >>> study = bo.matrix_study(spec, q, k, frequencies=[16, 64])
    >>> bool(np.all(np.abs(study.measured / study.predicted - 1) < 0.5))
    True
    """
    function = "matrix_study"
    maps = specs_of(function, specs)
    q = inputs_of(function, "queries", queries, maps)
    k = q if keys is None else inputs_of(function, "keys", keys, maps)
    require_studied(function, maps)
    sizes = frequencies_of(function, frequencies)
    out = np.empty((4, len(maps) * len(sizes)))
    draws = replicates_of(function, "redraws", redraws)
    first = seed_of(function, seed)
    count = threads(function, num_threads)
    with refusals_of(function):
        _core.matrix_study(maps, q, k, sizes, draws, first, out, count)
    return MatrixStudy(
        np.repeat([str(spec.features) for spec in maps], len(sizes)),
        np.repeat([str(spec.projection) for spec in maps], len(sizes)),
        np.tile(sizes, len(maps)),
        out[0].astype(np.int64),
        *out[1:],
    )
