# SPDX-License-Identifier: Apache-2.0
"""Ridge regression whose rows come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bochner import _core
from bochner._arrays import ArrayLike, like, optional_weights, targets, threads
from bochner._normal_equations import NormalEquations, equations_of
from bochner._options import flag, real
from bochner._ridge_regression import RidgeRegression

if TYPE_CHECKING:
    from typing_extensions import Self


class OnlineRidge:
    """A fitted ridge regression that takes rows up, gives rows back and forgets.

    `O(D^2)` per row where a fit costs `O(D^3)`: the Cholesky factor of the centred moments plus
    the penalty is updated by rotations. The penalty on ``|theta|^2`` is ``W ridge`` of the fit that
    this begins with, and stays what it is while rows come and go; `forget` multiplies it as it does
    the weights. So after any number of changes `model` is the fit of the rows that are in, with
    their weights, at the ridge ``penalty / weight``. Safe to share between threads.

    Parameters
    ----------
    equations : NormalEquations
        The sums over the first rows.
    ridge : float
        The penalty beside the *mean* squared error of these.
    intercept : bool
        Whether a constant is fitted beside the features, and not penalised.
    num_threads : int, optional

    Raises
    ------
    ValueError
        As `RidgeRegression`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 10.0, 1000)[:, None]
    >>> y = np.sin(x[:, 0])
    >>> first = bo.NormalEquations(bo.FeatureMapSpec(1, 32, seed=1)).add(x[:500], y[:500])
    >>> online = bo.OnlineRidge(first, ridge=1e-4).add(x[500:], y[500:])
    >>> every = first.add(x[500:], y[500:])
    >>> batch = bo.RidgeRegression(every, ridge=online.ridge)
    >>> bool(np.allclose(online.model.predict(x), batch.predict(x), atol=1e-10))
    True
    """

    __slots__ = ("_equations", "_online")

    _equations: NormalEquations
    _online: _core.OnlineRidge

    def __init__(
        self,
        equations: NormalEquations,
        *,
        ridge: float = 1e-6,
        intercept: bool = True,
        num_threads: int | None = None,
    ) -> None:
        function = "OnlineRidge"
        sums = equations_of(function, equations)
        self._equations = equations
        self._online = _core.OnlineRidge(
            sums,
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            threads(function, num_threads),
        )

    @property
    def num_rows(self) -> int:
        """Rows of positive weight that are in."""
        return int(self._online.num_rows)

    @property
    def weight(self) -> float:
        """The sum of their weights."""
        return float(self._online.weight)

    @property
    def penalty(self) -> float:
        """What ``|theta|^2`` is multiplied by."""
        return float(self._online.penalty)

    @property
    def ridge(self) -> float:
        """``penalty / weight``: the ridge at which a fit of the rows that are in gives `model`."""
        return float(self._online.ridge)

    @property
    def model(self) -> RidgeRegression:
        """The model by now; O(D^2) for each target."""
        return RidgeRegression._of(
            self._online.model(), self._equations._vector, self._equations.feature_map
        )

    def add(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        num_threads: int | None = None,
    ) -> Self:
        """Take rows up, all of them or none. O(n (m d + D^2)).

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of the equations.
        y : array of shape (n,) or (n, num_targets)
        weights : vector of n numbers, optional
            Relative precisions from 0 to 1e100.
        num_threads : int, optional

        Returns
        -------
        OnlineRidge
            This.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            As `NormalEquations.add`.
        """
        dtype = self._equations.dtype
        self._online.add(
            like("add", "x", x, "rows, columns", "the equations", dtype),
            targets("add", "y", y),
            optional_weights("add", weights, dtype),
            threads("add", num_threads),
        )
        return self

    def remove(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        num_threads: int | None = None,
    ) -> Self:
        """Give rows back, all of them or none. O(n (m d + D^2)).

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of the equations.
        y : array of shape (n,) or (n, num_targets)
        weights : vector of n numbers, optional
            Those that the rows have by now.
        num_threads : int, optional

        Returns
        -------
        OnlineRidge
            This.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            As `add`, and when nothing would be left: rows that were not in.
        """
        dtype = self._equations.dtype
        self._online.remove(
            like("remove", "x", x, "rows, columns", "the equations", dtype),
            targets("remove", "y", y),
            optional_weights("remove", weights, dtype),
            threads("remove", num_threads),
        )
        return self

    def forget(self, factor: float) -> Self:
        """Multiply the weights of all rows that are in, and the penalty. O(D^2).

        Parameters
        ----------
        factor : float
            Above 0 and at most 1.

        Returns
        -------
        OnlineRidge
            This.

        Raises
        ------
        TypeError, ValueError
            For another factor, and when weights would vanish.
        """
        self._online.forget(real("forget", "factor", factor))
        return self
