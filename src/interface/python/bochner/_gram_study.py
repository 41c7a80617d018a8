# SPDX-License-Identifier: Apache-2.0
"""Errors of approximate Gram matrices, predicted in closed form beside measured."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, rows, threads
from bochner._options import frequencies_of, seed_of, whole
from bochner._results import Result
from bochner._specs import (
    FeaturesLike,
    KernelLike,
    ProjectionLike,
    features_of,
    kernel_of,
    refusals_of,
)
from bochner._study_inputs import Doubles, Integers, Strings, projections_of, require_finite

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, eq=False)
class GramStudy(Result):
    """The relative Frobenius error of approximate Gram matrices, predicted and measured.

    One entry a projection and number of frequencies. `to_frame` has the columns of the
    ``table.csv`` that ``bochner gram`` writes.

    Attributes
    ----------
    projection : array of str
    frequencies, features : array of int
        Numbers of frequencies, and of columns.
    predicted : array
        Root of the mean square error; NaN where it has no closed form.
    measured : array
        Root of the mean square over the draws.
    standard_error : array
        Of `measured`; 0 for one draw.
    feature_seconds : array
        To draw the map and compute all features, once.
    spec : array of str
        Of the first draw.
    errors : array of shape (entries, draws)
        Of each draw.
    gap : array of str
        Why nothing is predicted; empty where it is.
    exact_seconds : float
        To compute every entry of the exact matrix, once.
    """

    projection: Strings
    frequencies: Integers
    features: Integers
    predicted: Doubles
    measured: Doubles
    standard_error: Doubles
    feature_seconds: Doubles
    spec: Strings
    errors: Doubles
    gap: Strings
    exact_seconds: float

    def _columns(self) -> dict[str, Any]:
        apart = ("errors", "gap", "exact_seconds")
        return {name: value for name, value in self.to_dict().items() if name not in apart}


def gram_study(
    x: ArrayLike,
    *,
    kernel: KernelLike = "gaussian",
    features: FeaturesLike = "trigonometric",
    projections: ProjectionLike | Sequence[ProjectionLike] = ("iid", "orthogonal"),
    frequencies: Sequence[int] = (64, 256, 1024),
    draws: int = 1,
    seed: int = 0,
    num_threads: int | None = None,
) -> GramStudy:
    """Measure the error of approximate Gram matrices entry by entry, beside its prediction.

    Parameters
    ----------
    x : array of shape (n, d)
        float32 or float64: the arithmetic of the features.
    kernel : kernel or str
    features : feature function or str
    projections : projection or str, or several
    frequencies : sequence of int
    draws : int
        With seeds `seed`, `seed` + 1, ...
    seed : int
    num_threads : int, optional

    Returns
    -------
    GramStudy

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On NaN or infinity, and where there is no such map.

    Notes
    -----
    O(n^2 D) an entry and draw, O(n D) memory. An interrupted call leaves nothing.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(60, 4))
    >>> study = bo.gram_study(x, projections="orthogonal", frequencies=[32, 128], draws=5)
    >>> bool(np.all(np.abs(study.measured / study.predicted - 1) < 0.5))
    True
    """
    function = "gram_study"
    x = rows(function, "x", x)
    if x.size == 0:
        raise ValueError(
            f"{function}: x is {x.shape[0]} x {x.shape[1]}, expected a row and a column"
        )
    require_finite(function, "x", x)
    kernel, features = kernel_of(function, kernel), features_of(function, features)
    chosen = projections_of(function, projections)
    sizes = frequencies_of(function, frequencies)
    count = whole(function, "draws", draws, 1)
    out = np.empty((5, len(chosen) * len(sizes)))
    errors = np.empty((out.shape[1], count))
    arithmetic = "single-precision" if x.dtype == np.float32 else "double-precision"
    wide = x.astype(np.float64, copy=False)
    first = seed_of(function, seed)
    num = threads(function, num_threads)
    with refusals_of(function):
        found = _core.gram_study(
            kernel, features, chosen, wide, arithmetic, sizes, count, first, out, errors, num
        )
    return GramStudy(
        projection=np.array([str(spec.projection) for spec in found["specs"]]),
        frequencies=np.tile(sizes, len(chosen)),
        features=out[0].astype(np.int64),
        predicted=out[1],
        measured=out[2],
        standard_error=out[3],
        feature_seconds=out[4],
        spec=np.array([str(spec) for spec in found["specs"]]),
        errors=errors,
        gap=np.array(found["gaps"]),
        exact_seconds=found["exact_seconds"],
    )
