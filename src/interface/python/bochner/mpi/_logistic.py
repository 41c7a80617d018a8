# SPDX-License-Identifier: Apache-2.0
"""Logistic regression over the rows of all ranks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._agreement import agreed, together
from bochner._logistic_steps import Options, Point
from bochner._logistic_steps import fit_logistic as fit_from_sums
from bochner._logistic_sums import LogisticSums, logistic_gradient, logistic_product
from bochner._map import FeatureMap, Map, as_map
from bochner._normal_equations import NormalEquations
from bochner._options import flag, positive, whole
from bochner._results import Result
from bochner.mpi._duplicate import duplicate
from bochner.mpi._packed import Packed, without_pending
from bochner.mpi._reductions import reduce_packed
from bochner.mpi._ridge import LocalRows, local_rows
from bochner.mpi._rows import RowsLike, counted_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from bochner._logistic import LogisticRegression, LogisticReport


@dataclasses.dataclass(frozen=True, eq=False)
class LogisticFit(Result):
    """A model, and how the iteration ended.

    Attributes
    ----------
    model : LogisticRegression
    report : LogisticReport
    """

    model: LogisticRegression
    report: LogisticReport


@dataclasses.dataclass
class _Ranks:
    """Sums over the rows of all ranks: rank 0 asks, the others answer."""

    function: str
    comm: Any
    drawn: FeatureMap
    local: LocalRows
    num_classes: int
    num_threads: int | None
    ended_together: bool = False

    def bound(self, dtype: Any) -> NormalEquations | None:
        """Second moments of the features, on rank 0."""

        def summed() -> Packed:
            sums = NormalEquations(self.drawn, dtype=dtype)
            for first, x, y, weights in self.local.parts():
                with counted_from(first):
                    sums.add(x, np.zeros(len(y)), weights=weights, num_threads=self.num_threads)
            return Packed.of(without_pending(sums))

        packed = together(self.function, self.comm, summed)
        reduce_packed(self.comm, packed)
        found: NormalEquations | None = together(
            self.function, self.comm, lambda: packed.state() if self.comm.rank == 0 else None
        )
        return found

    def _own(self, point: Point, direction: Point | None, dtype: Any) -> LogisticSums:
        at = (point.coefficients, point.intercepts)
        nothing = np.zeros((0, self.drawn.input_dim), dtype)
        sums = logistic_gradient(self.drawn, nothing, np.zeros(0, np.int64), *at)
        for first, x, labels, weights in self.local.parts():
            options: dict[str, Any] = {"weights": weights, "num_threads": self.num_threads}
            with counted_from(first):
                if direction is None:
                    sums.merge(logistic_gradient(self.drawn, x, labels, *at, **options))
                else:
                    along = (direction.coefficients, direction.intercepts)
                    sums.merge(logistic_product(self.drawn, x, *at, *along, **options))
        return sums

    def answer(self, point: Point, direction: Point | None, dtype: Any) -> LogisticSums | None:
        """Sum over the rank's rows; on rank 0 over all."""
        try:
            packed = together(
                self.function,
                self.comm,
                lambda: Packed.of(self._own(point, direction, dtype)),
            )
        except Exception:
            self.ended_together = True
            raise
        reduce_packed(self.comm, packed)
        return packed.state() if self.comm.rank == 0 else None

    def steps(self, bound: NormalEquations | None, options: Options, dtype: Any) -> Any:
        """On rank 0 model and report; elsewhere None, after the last answer."""
        if bound is None:
            while (asked := self.comm.bcast(None, root=0)) is not None:
                point, direction = asked
                self.answer(point, direction, dtype)
            return None

        def sums(point: Point, direction: Point | None) -> Any:
            self.comm.bcast((point, direction), root=0)
            return self.answer(point, direction, dtype)

        try:
            return fit_from_sums(bound, self.num_classes, sums, options)
        finally:
            if not self.ended_together:
                self.comm.bcast(None, root=0)

    def outcome(
        self, bound: NormalEquations | None, options: Options, dtype: Any
    ) -> Callable[[], Any]:
        """What the steps came to, for `together`; raises what all ranks have raised."""
        found: Any = None
        failure: Exception | None = None
        try:
            found = self.steps(bound, options, dtype)
        except Exception as error:
            if self.ended_together:
                raise
            failure = error

        def said() -> Any:
            if failure is not None:
                raise failure
            return found

        return said


def fit_logistic(
    feature_map: Map,
    x: RowsLike | None,
    labels: Any,
    comm: Any,
    *,
    num_classes: int,
    weights: RowsLike | None = None,
    ridge: float = 1e-6,
    intercept: bool = True,
    tolerance: float = 1e-6,
    max_steps: int = 50,
    num_threads: int | None = None,
) -> LogisticFit:
    """Multinomial logistic regression over the rows of all ranks.

    The model of `LogisticRegression` over all rows, to the tolerance. Rank 0 takes Newton's steps;
    each step and each product with the Hessian is a pass over every rank's rows, for which a rank
    sends ``8 (D + 1) num_classes`` bytes, and the matrix that preconditions ``4 D^2`` once.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim), or path of a .npy file that holds one; or None
        This rank's rows, as in `fit_ridge`.
    labels : vector of n integers, or path; or None
        Classes, from 0 on.
    comm : mpi4py.MPI.Intracomm
        Of the ranks that call this. It is duplicated.
    num_classes : int
    weights : vector of n numbers, or path, optional
    ridge, intercept, tolerance, max_steps
        As `LogisticRegression`.
    num_threads : int, optional
        Of this rank.

    Returns
    -------
    LogisticFit
        With the same coefficients on every rank.

    Raises
    ------
    TypeError, ValueError, OSError
        As `fit_ridge`, and on a label out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from mpi4py import MPI
    >>> import bochner as bo
    >>> import bochner.mpi
    >>> x = np.linspace(0.0, 3.0, 300)[:, None]
    >>> fit = bochner.mpi.fit_logistic(
    ...     bo.FeatureMapSpec(1, 32, seed=1), x, np.arange(300) // 100, MPI.COMM_SELF, num_classes=3
    ... )
    >>> fit.model.predict(np.array([[0.5], [1.5], [2.5]]))
    array([0, 1, 2])
    """
    function = "fit_logistic"

    def checked() -> tuple[FeatureMap, LocalRows, Options, int]:
        drawn = as_map(function, feature_map)
        options = Options(
            positive(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            positive(function, "tolerance", tolerance),
            whole(function, "max_steps", max_steps, 1),
        )
        local = local_rows(drawn, x, "labels", labels, weights, "iu")
        return drawn, local, options, whole(function, "num_classes", num_classes, 2, 2**31)

    with duplicate(function, comm) as ours:
        drawn, local, options, classes = together(function, ours, checked)
        said = {"feature_map": str(drawn.spec), "num_classes": classes}
        agreed(function, ours, {**said, **dataclasses.asdict(options)})
        dtype = agreed(function, ours, local.said)["the dtype of x"]
        ranks = _Ranks(function, ours, drawn, local, classes, num_threads)
        bound = ranks.bound(dtype)
        # A pass before the first step: labels that are out of range are refused by all ranks.
        found = together(function, ours, ranks.outcome(bound, options, dtype))
        model, report = ours.bcast(found, root=0)
        return LogisticFit(model, report)
