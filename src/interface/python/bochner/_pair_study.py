# SPDX-License-Identifier: Apache-2.0
"""Errors at pairs of inputs, predicted in closed form beside measured over draws."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, threads
from bochner._options import frequencies_of, one_of, seed_of, several
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

_PARAMETERS = ("given", "optimal")


@dataclasses.dataclass(frozen=True, eq=False)
class PairStudy(Result):
    """Bias, variance and relative error of the kernel estimate, predicted and measured.

    Vectors of one entry a cell: a map, a pair, a number of frequencies. `to_frame` has one row a
    cell, with the columns of the ``cells.csv`` that ``bochner variance`` writes.

    Attributes
    ----------
    features, projection : array of str
    pair : array of str
        What the pair is called.
    num_frequencies, num_features : array of int
    exact : array
        ``k(x, y)``.
    predicted_bias, predicted_variance, predicted_log_variance : array
        `kernel_moments`.
    predicted_relative_error : array
        Root mean square error over ``|k(x, y)|``.
    replicates : array of int
        Draws; with 0 what is measured is NaN.
    measured_bias, measured_bias_error : array
        Over the replicates, and its standard error. NaN where estimates are not finite.
    measured_variance, measured_variance_error : array
    measured_relative_error : array
    """

    features: Strings
    projection: Strings
    pair: Strings
    num_frequencies: Integers
    num_features: Integers
    exact: Doubles
    predicted_bias: Doubles
    predicted_variance: Doubles
    predicted_log_variance: Doubles
    predicted_relative_error: Doubles
    replicates: Integers
    measured_bias: Doubles
    measured_bias_error: Doubles
    measured_variance: Doubles
    measured_variance_error: Doubles
    measured_relative_error: Doubles


def pair_study(
    specs: SpecLike | Sequence[SpecLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    frequencies: Sequence[int] = FREQUENCIES,
    replicates: int = 200,
    parameters: Literal["given", "optimal"] = "given",
    labels: Sequence[str] | None = None,
    seed: int = 0,
    num_threads: int | None = None,
) -> PairStudy:
    """Kernel estimates at pairs over independent draws, beside their closed forms.

    Replicate r has the seed derived from (seed, r): its frequencies are drawn once a projection, as
    many as the largest number asks for; maps of that projection that are side by side in `specs`
    see them, smaller numbers of frequencies their beginning. The same numbers come for any number
    of threads.

    Parameters
    ----------
    specs : FeatureMapSpec, FeatureMap or str, or several
        Their `num_frequencies` and `seed` are not used.
    x, y : array of shape (n, input_dim)
        The pairs (row i of x, row i of y). float32 is computed in float64.
    frequencies : sequence of int
    replicates : int
        Draws; 0: closed forms alone.
    parameters : {"given", "optimal"}
        With "optimal", a feature function whose parameter a is 0 has the best one of each pair.
    labels : sequence of str, optional
        What the pairs are called; without them "0", "1", ...
    seed : int
    num_threads : int, optional

    Returns
    -------
    PairStudy

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On shapes or numbers that do not fit, and where a map has no closed form or its first
        columns are not a smaller map.

    Notes
    -----
    A draw costs its frequencies, and O(n max(frequencies) input_dim) a map. An interrupted call
    leaves nothing.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x, y, labels = bo.study_pairs(4, norms=[0.5])
    >>> specs = bo.study_specs("softmax", 4, features=["positive", "hyperbolic"])
    >>> study = bo.pair_study(specs, x, y, frequencies=[8, 32], replicates=50, labels=labels)
    >>> ratio = study.measured_variance / study.predicted_variance
    >>> bool(0.5 < np.nanmedian(ratio) < 2)
    True
    """
    function = "pair_study"
    maps = specs_of(function, specs)
    x, y = inputs_of(function, "x", x, maps), inputs_of(function, "y", y, maps)
    if x.shape[0] != y.shape[0]:
        raise ValueError(
            f"{function}: y has {y.shape[0]} rows, expected {x.shape[0]} (one for each of x)"
        )
    require_studied(function, maps)
    sizes = frequencies_of(function, frequencies)
    draws = replicates_of(function, "replicates", replicates)
    one_of(function, "parameters", parameters, _PARAMETERS)
    names = _labels(function, labels, x.shape[0])
    out = np.empty((11, len(maps) * x.shape[0] * len(sizes)))
    first = seed_of(function, seed)
    count = threads(function, num_threads)
    with refusals_of(function):
        features = _core.pair_study(maps, x, y, sizes, parameters, draws, first, out, count)
    shape = (len(maps), x.shape[0], len(sizes))
    projections = np.array([str(spec.projection) for spec in maps])
    columns = (
        "exact",
        "predicted_bias",
        "predicted_variance",
        "predicted_log_variance",
        "predicted_relative_error",
        "measured_bias",
        "measured_bias_error",
        "measured_variance",
        "measured_variance_error",
        "measured_relative_error",
    )
    numbers: dict[str, Any] = dict(zip(columns, out[1:], strict=True))
    return PairStudy(
        features=np.array(features),
        projection=np.broadcast_to(projections[:, np.newaxis, np.newaxis], shape).ravel(),
        pair=np.broadcast_to(names[:, np.newaxis], shape).ravel(),
        num_frequencies=np.broadcast_to(np.array(sizes), shape).ravel(),
        num_features=out[0].astype(np.int64),
        replicates=np.full(out.shape[1], draws),
        **numbers,
    )


def _labels(function: str, labels: Sequence[str] | None, count: int) -> Strings:
    if labels is None:
        return np.array([str(i) for i in range(count)])
    names = several(function, "labels", labels)
    if len(names) != count:
        raise ValueError(
            f"{function}: labels has {len(names)} entries, expected {count} (one for each row)"
        )
    return np.array([str(name) for name in names])
