# SPDX-License-Identifier: Apache-2.0
"""Replicated studies: errors predicted in closed form beside errors measured over draws."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, doubles, rows, threads
from bochner._core.options import FeatureMapSpec
from bochner._options import (
    finite,
    frequencies_of,
    not_negative,
    one_of,
    one_or_several,
    seed_of,
    several,
    whole,
)
from bochner._results import Result
from bochner._specs import (
    FeaturesLike,
    KernelLike,
    ProjectionLike,
    SpecLike,
    features_of,
    kernel_of,
    projection_of,
    refusals_of,
    specs_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Strings = NDArray[np.str_]
    Doubles = NDArray[np.float64]
    Integers = NDArray[np.int64]

_FREQUENCIES = (16, 64, 256, 1024, 4096)
_PARAMETERS = ("given", "optimal")
_TABLES = ("equal-columns", "attention-matrix")


def _finite(function: str, name: str, x: NDArray[Any]) -> None:
    finite = np.isfinite(x)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise ValueError(
            f"{function}: {name}, row {row}, column {column} is {x[row, column]}, expected a "
            "finite number"
        )


def _inputs(
    function: str, name: str, value: ArrayLike, specs: Sequence[FeatureMapSpec]
) -> NDArray[np.float64]:
    """Rows in float64, at least one, that all specs are for."""
    x = doubles(function, name, value, "rows, columns")
    if x.shape[0] < 1:
        raise ValueError(f"{function}: {name} has no rows, expected at least one")
    for i, spec in enumerate(specs):
        if spec.input_dim != x.shape[1]:
            raise ValueError(
                f"{function}: {name} has {x.shape[1]} columns, expected {spec.input_dim} (the "
                f"input_dim of specs[{i}])"
            )
    _finite(function, name, x)
    return x


def _require_studied(function: str, specs: Sequence[FeatureMapSpec]) -> None:
    for i, spec in enumerate(specs):
        gap = _core.study_gap(spec.kernel, spec.projection, spec.features)
        if gap is not None:
            raise ValueError(f"{function}: specs[{i}]: {gap}")


def _replicates(function: str, name: str, value: object) -> int:
    count = whole(function, name, value, 0)
    if count == 1:
        raise ValueError(
            f"{function}: {name} is 1, and one draw has no variance; expected 0 (closed forms "
            "alone), or at least 2"
        )
    return count


def _projections_of(
    function: str, value: ProjectionLike | Sequence[ProjectionLike]
) -> list[ProjectionLike]:
    each = one_or_several(function, "projections", value, _core.projections)
    return [projection_of(function, one, "projections") for one in each]


# What to study


class StudyPairs(NamedTuple):
    """Pairs of inputs (row i of x, row i of y), and what to call them."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    labels: tuple[str, ...]


def study_pairs(
    input_dim: int,
    *,
    norms: Sequence[float] = (0.5, 1.0),
    angles: Sequence[float] = (0.0, math.pi / 4, math.pi / 2, 3 * math.pi / 4, math.pi),
) -> StudyPairs:
    """Pairs of each length and each angle, in two directions at random.

    ``x = norm e_1`` and ``y = norm (cos(angle) e_1 + sin(angle) e_2)``: the pairs that
    ``bochner variance`` studies. The directions are the same for all calls of one dimension.

    Parameters
    ----------
    input_dim : int
        At least 2.
    norms : sequence of float
        ``|x| = |y|``.
    angles : sequence of float
        Between x and y, in radians.

    Returns
    -------
    StudyPairs
        ``x`` and ``y`` of shape (norms times angles, input_dim), and ``labels``.

    Raises
    ------
    TypeError, ValueError
        On other numbers.

    Examples
    --------
    >>> import bochner as bo
    >>> x, y, labels = bo.study_pairs(16, norms=[0.5], angles=[0.0, 1.0])
    >>> x.shape, labels
    ((2, 16), ('norm 0.5 angle 0.00', 'norm 0.5 angle 1.00'))
    """
    function = "study_pairs"
    dim = whole(function, "input_dim", input_dim, 2)
    lengths = [not_negative(function, "norms", norm) for norm in several(function, "norms", norms)]
    turns = [finite(function, "angles", angle) for angle in several(function, "angles", angles)]
    x = np.empty((len(lengths) * len(turns), dim))
    y = np.empty_like(x)
    labels = _core.study_pairs(dim, lengths, turns, x, y)
    return StudyPairs(x, y, tuple(labels))


def study_specs(
    kernel: KernelLike,
    input_dim: int,
    *,
    features: FeaturesLike | Sequence[FeaturesLike] | None = None,
    projections: ProjectionLike | Sequence[ProjectionLike] | None = None,
) -> list[FeatureMapSpec]:
    """The maps of a kernel that `pair_study` and `matrix_study` can study.

    Those that go with each other, have a closed form, and whose first columns are the smaller map;
    maps of one projection are side by side, and share its draws.

    Parameters
    ----------
    kernel : kernel or str
    input_dim : int
    features, projections : feature functions and projections, or their texts
        Without them all, with their default options.

    Returns
    -------
    list of FeatureMapSpec
        With one frequency each, a number that studies do not use.

    Raises
    ------
    TypeError, ValueError
        On other arguments, and when no combination can be studied.

    Examples
    --------
    >>> import bochner as bo
    >>> specs = bo.study_specs("softmax", 16, features=["positive"], projections=["iid", "sobol"])
    >>> [str(spec.projection) for spec in specs]
    ['iid']
    """
    function = "study_specs"
    kernel = kernel_of(function, kernel)
    dim = whole(function, "input_dim", input_dim, 1)
    if features is None:
        features = [alternative() for alternative in _core.feature_functions]
    if projections is None:
        projections = [alternative() for alternative in _core.projections]
    functions = [
        features_of(function, each)
        for each in one_or_several(function, "features", features, _core.feature_functions)
    ]
    specs = [
        FeatureMapSpec(dim, 1, kernel=kernel, projection=projection, features=each)
        for projection in _projections_of(function, projections)
        for each in functions
        if _core.study_gap(kernel, projection, each) is None
    ]
    if not specs:
        raise ValueError(f"{function}: no feature function and projection go with {kernel}")
    return specs


# Pairs


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
    frequencies: Sequence[int] = _FREQUENCIES,
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
    x, y = _inputs(function, "x", x, maps), _inputs(function, "y", y, maps)
    if x.shape[0] != y.shape[0]:
        raise ValueError(
            f"{function}: y has {y.shape[0]} rows, expected {x.shape[0]} (one for each of x)"
        )
    _require_studied(function, maps)
    sizes = frequencies_of(function, frequencies)
    draws = _replicates(function, "replicates", replicates)
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


# Matrices


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
    frequencies: Sequence[int] = _FREQUENCIES,
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
    q = _inputs(function, "queries", queries, maps)
    k = q if keys is None else _inputs(function, "keys", keys, maps)
    _require_studied(function, maps)
    sizes = frequencies_of(function, frequencies)
    out = np.empty((4, len(maps) * len(sizes)))
    draws = _replicates(function, "redraws", redraws)
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


# Gram matrices


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
    _finite(function, "x", x)
    kernel, features = kernel_of(function, kernel), features_of(function, features)
    chosen = _projections_of(function, projections)
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


# Tables


@dataclasses.dataclass(frozen=True, eq=False)
class StudyTable(Result):
    """A table that compares the maps of the literature at equal columns.

    One entry a map and place. `to_frame` has the columns that
    ``bochner variance --table NAME --json`` gives each cell.

    Attributes
    ----------
    title, remark : str
        What the numbers are.
    map : array of str
    group, at : array of str
        The place: ``"d 16"``, ``"|z|^2 0.25"``.
    predicted : array
    measured, measured_error : array
        With one standard error; NaN where nothing was measured.
    """

    title: str
    remark: str
    map: Strings
    group: Strings
    at: Strings
    predicted: Doubles
    measured: Doubles
    measured_error: Doubles

    def _columns(self) -> dict[str, Any]:
        apart = ("title", "remark")
        return {name: value for name, value in self.to_dict().items() if name not in apart}


def study_table(
    name: Literal["equal-columns", "attention-matrix"],
    *,
    replicates: int = 0,
    seed: int = 1,
    num_threads: int | None = None,
) -> StudyTable:
    """Compare the maps of the literature at equal columns of the softmax kernel.

    "equal-columns": ``F Var K / k^2`` with F = 2 d columns, d = 16 and 64, at ``|x + y|^2`` from
    1/4 to 8, parameters optimal at each pair; measured up to 1, since beyond it draws that no
    sample sees carry the variance. "attention-matrix": ``E |A^ - A|_F^2 / |A|_F^2`` with 16, 64 and
    256 columns, ``A = exp(x_i . y_j)`` for 512 normal rows each, d = 16, mean ``|x + y|^2`` = 2.

    Parameters
    ----------
    name : {"equal-columns", "attention-matrix"}
    replicates : int
        Draws to measure; 0: closed forms alone.
    seed : int
    num_threads : int, optional

    Returns
    -------
    StudyTable

    Raises
    ------
    TypeError, ValueError
        On other arguments.

    Examples
    --------
    >>> import bochner as bo
    >>> table = bo.study_table("equal-columns")
    >>> print(table.map[0], table.group[0], table.at[0], f"{table.predicted[0]:.3f}")
    positive iid d 16 |z|^2 0.25 0.284
    """
    function = "study_table"
    name = one_of(function, "name", name, _TABLES)  # type: ignore[assignment]
    draws = _replicates(function, "replicates", replicates)
    found = _core.study_table(name, draws, seed_of(function, seed), threads(function, num_threads))
    maps, groups, places, *values = zip(*found["cells"], strict=True)
    predicted, measured, error = np.array(values)
    nothing = error == 0
    return StudyTable(
        found["title"],
        found["remark"],
        np.array(maps),
        np.array(groups),
        np.array(places),
        predicted,
        np.where(nothing, np.nan, measured),
        np.where(nothing, np.nan, error),
    )
