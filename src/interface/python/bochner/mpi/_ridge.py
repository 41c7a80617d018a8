# SPDX-License-Identifier: Apache-2.0
"""Ridge regression over the rows of all ranks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._agreement import agreed, together
from bochner._map import FeatureMap, Map, as_map
from bochner._normal_equations import NormalEquations
from bochner._options import flag, one_of, real
from bochner._ridge_regression import RidgeRegression
from bochner.mpi._duplicate import duplicate
from bochner.mpi._packed import Packed
from bochner.mpi._reductions import reduce_packed
from bochner.mpi._rows import Rows, RowsLike, batches, counted_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bochner._arrays import Array
    from bochner._ridge_regression import Posterior

_BLOCK = 256


@dataclasses.dataclass(frozen=True)
class LocalRows:
    """The rows of a rank with what belongs to them; without rows, None for all."""

    x: Rows | None
    y: Rows | None
    weights: Rows | None

    @property
    def said(self) -> dict[str, Any] | None:
        """What all ranks with rows must say alike."""
        if self.x is None or self.y is None:
            return None
        return {
            "the dtype of x": str(self.x.dtype),
            "the number of targets": "none" if len(self.y.shape) == 1 else self.y.shape[1],
        }

    def parts(self) -> Iterator[tuple[int, Array, Array, Array | None]]:
        """The first row of a batch, and of its rows x, y and perhaps weights."""
        if self.x is None or self.y is None:
            return
        for first, last in batches(self.x):
            weights = None if self.weights is None else self.weights.part(first, last)
            yield first, self.x.part(first, last), self.y.part(first, last), weights

    def add_to(self, sums: NormalEquations, num_threads: int | None) -> None:
        """Append all rows, then as much of nothing as fills a block: no row is left waiting."""
        rows = 0
        for first, x, y, weights in self.parts():
            with counted_from(first):
                sums.add(x, y, weights=weights, num_threads=num_threads)
            rows += len(x)
        missing = -rows % _BLOCK
        if missing:
            # Of weight zero: as good as absent, but a block that is full is folded.
            nothing = np.tile(sums.target_offset, (missing, 1))
            sums.add(
                np.zeros((missing, sums.feature_map.input_dim), sums.dtype),
                nothing[:, 0] if sums._vector else nothing,
                weights=np.zeros(missing),
                num_threads=num_threads,
            )

    def target_sums(self, targets: int) -> NDArray[np.float64]:
        """Weighted sums of the targets, and the sum of the weights."""
        out = np.zeros(targets + 1)
        with np.errstate(all="ignore"):  # what is not finite is refused when it is summed
            for _, _, y, weights in self.parts():
                w = np.ones(len(y)) if weights is None else weights.astype(np.float64)
                out[:-1] += (y.astype(np.float64).reshape(-1, targets) * w[:, None]).sum(axis=0)
                out[-1] += w.sum()
        return out


def local_rows(
    feature_map: FeatureMap, x: Any, name: str, y: Any, weights: Any, kinds: str = "f"
) -> LocalRows:
    """A rank's rows and what belongs to them, of which `y` has a name and kinds of numbers."""
    if x is None and y is None and weights is None:
        return LocalRows(None, None, None)
    if x is None or y is None:
        raise ValueError(f"{'x' if x is None else name} is None, expected rows, or neither")
    rows = Rows("x", x, (2,))
    if rows.shape[1] != feature_map.input_dim:
        raise ValueError(
            f"x has {rows.shape[1]} columns, expected {feature_map.input_dim} (the map's input_dim)"
        )
    others = {name: Rows(name, y, (1, 2) if kinds == "f" else (1,), kinds)}
    if weights is not None:
        others["weights"] = Rows("weights", weights, (1,))
    for each, other in others.items():
        if len(other) != len(rows):
            raise ValueError(f"{each} has {len(other)} rows, expected {len(rows)} (those of x)")
    return LocalRows(rows, others[name], others.get("weights"))


def mean_of_targets(comm: Any, local: LocalRows, targets: int) -> NDArray[np.float64] | None:
    """Over the rows of all ranks, summed in their order; None where that is no offset."""
    total = np.zeros(targets + 1)
    with np.errstate(all="ignore"):
        for each in comm.allgather(local.target_sums(targets)):
            total += each
        mean: NDArray[np.float64] = total[:-1] / total[-1]
    return mean if np.isfinite(mean).all() else None


def fit_ridge(
    feature_map: Map,
    x: RowsLike | None,
    y: RowsLike | None,
    comm: Any,
    *,
    weights: RowsLike | None = None,
    ridge: float = 1e-6,
    intercept: bool = True,
    posterior: Posterior = "mean",
    num_threads: int | None = None,
) -> RidgeRegression:
    """Ridge regression over the rows of all ranks.

    Each rank sums its rows, a few MiB at a time; the sums are merged on rank 0 in a fixed tree,
    which solves and hands the coefficients to all. Every rank but 0 sends ``8 (D + t + 1) (D + t +
    2) / 2`` bytes, once. O(n D^2) over the ranks' rows, O(D^3) on rank 0.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The same on all ranks.
    x : array of shape (n, input_dim), or path of a .npy file that holds one; or None
        This rank's rows, float32 or float64: one file per rank, or `share` of one array. With None
        for `x` and `y` a rank has no rows.
    y : array of shape (n,) or (n, num_targets), or path; or None
        Read twice: with an intercept, sums are taken about the mean over all ranks.
    comm : mpi4py.MPI.Intracomm
        Of the ranks that call this. It is duplicated.
    weights : vector of n numbers, or path, optional
    ridge, intercept, posterior
        As `RidgeRegression`. A full posterior is on rank 0 only; the others have the mean.
    num_threads : int, optional
        Of this rank.

    Returns
    -------
    RidgeRegression
        With the same coefficients on every rank.

    Raises
    ------
    TypeError, ValueError, OSError
        On all ranks, naming one where it went wrong: its rows, counted from its first, and what
        `NormalEquations` and `RidgeRegression` refuse; where ranks differ in map, dtype, targets,
        options or version of the library, naming two; and where no rank has rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mpi4py import MPI
    >>> import bochner as bo
    >>> import bochner.mpi
    >>> x = np.linspace(0.0, 6.0, 200)[:, None]
    >>> model = bochner.mpi.fit_ridge(
    ...     bo.FeatureMapSpec(1, 64, seed=1), x, np.sin(x[:, 0]), MPI.COMM_SELF, ridge=1e-8
    ... )
    >>> bool(np.abs(model.predict(x) - np.sin(x[:, 0])).max() < 1e-3)
    True
    """
    function = "fit_ridge"
    with duplicate(function, comm) as ours:
        drawn, local, options = together(
            function,
            ours,
            lambda: _checked(function, feature_map, (x, y, weights), ridge, intercept, posterior),
        )
        agreed(function, ours, {"feature_map": str(drawn.spec), **options})
        common = agreed(function, ours, local.said)
        count = common["the number of targets"]
        targets = 1 if count == "none" else int(count)
        offset = mean_of_targets(ours, local, targets) if intercept else None
        packed = together(
            function,
            ours,
            lambda: _packed_sums(drawn, local, common, offset, num_threads),
        )
        reduce_packed(ours, packed)
        solved = together(function, ours, lambda: _solved(ours, packed, options, num_threads))
        return _everywhere(ours, drawn, solved)


def _checked(
    function: str,
    feature_map: Map,
    rows: tuple[Any, Any, Any],
    ridge: float,
    intercept: bool,
    posterior: str,
) -> tuple[FeatureMap, LocalRows, dict[str, Any]]:
    drawn = as_map(function, feature_map)
    options = {
        "ridge": real(function, "ridge", ridge),
        "intercept": flag(function, "intercept", intercept),
        "posterior": one_of(function, "posterior", posterior, ("mean", "full")),
    }
    x, y, weights = rows
    return drawn, local_rows(drawn, x, "y", y, weights), options


def _packed_sums(
    drawn: FeatureMap,
    local: LocalRows,
    common: dict[str, Any],
    offset: NDArray[np.float64] | None,
    num_threads: int | None,
) -> Packed:
    count = common["the number of targets"]
    sums = NormalEquations(
        drawn,
        num_targets=None if count == "none" else int(count),
        target_offset=offset,
        dtype=common["the dtype of x"],
    )
    local.add_to(sums, num_threads)
    return Packed.of(sums)


def _solved(
    comm: Any, packed: Packed, options: dict[str, Any], num_threads: int | None
) -> RidgeRegression | None:
    if comm.rank != 0:
        return None
    return RidgeRegression(packed.state(), **options, num_threads=num_threads)


def _everywhere(comm: Any, drawn: FeatureMap, solved: RidgeRegression | None) -> RidgeRegression:
    """Rank 0's model, of which the others have the mean."""
    said = None
    if solved is not None:
        theta = solved.coefficients
        said = {
            "coefficients": theta[:, 0] if solved._vector else theta,
            "intercepts": solved.intercepts,
            "noise_variances": solved.noise_variances,
            "ridge": solved.ridge,
            "intercept": solved.intercept,
            "dtype": solved.dtype,
        }
    found: Any = comm.bcast(said, root=0)
    return RidgeRegression.from_coefficients(drawn, **found) if solved is None else solved
