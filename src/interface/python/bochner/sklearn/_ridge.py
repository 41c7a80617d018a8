# SPDX-License-Identifier: Apache-2.0
"""Regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.base import _fit_context
from sklearn.utils.validation import check_is_fitted

from bochner._ridge_regression import RidgeRegression
from bochner.sklearn._common import (
    DTYPES,
    MAP,
    RIDGE,
    map_of,
    row_weights,
)
from bochner.sklearn._regressor import Regressor, sums_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._normal_equations import NormalEquations


class KernelRidge(Regressor):
    """Kernel ridge regression with random features.

    ``f(x) = theta . phi(x) + intercept`` minimises ``sum_i w_i (y_i - f(x_i))^2 + W ridge
    |theta|^2`` with ``W = sum_i w_i``, of which `sklearn.kernel_ridge.KernelRidge` is the limit of
    many features, there without a constant. `O(n D^2 + D^3)` and about ``2 D^2`` numbers for n rows
    and D = n_components, which is linear in n.

    Parameters
    ----------
    kernel : kernel or str, default="gaussian"
        One of `bochner.kernels`, or its text, such as ``"matern(nu=1.5)"``.
    projection : projection or str, default="orthogonal"
        How frequencies are drawn: one of `bochner.projections`.
    features : feature function or str, default="trigonometric"
        One of `bochner.feature_functions`.
    n_components : int, default=256
        Columns of the features; where a frequency makes a cosine and a sine, the next even number.
    ridge : float, default=1e-6
        The penalty beside the *mean* squared error, so that it means the same for any number of
        rows: scikit-learn's ``alpha`` is ``ridge * sample_weight.sum()``, or ``ridge * n_samples``
        without weights.
    fit_intercept : bool, default=True
        Whether a constant is fitted beside the features, and not penalised.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    model_ : bochner.RidgeRegression
        With its posterior. After `partial_fit` it is solved for when it is next asked for.
    equations_ : bochner.NormalEquations
        The sums over the rows that were seen.
    intercept_, noise_variance_ : float or array of shape (n_targets,)
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where the input has names.

    See Also
    --------
    KernelRidgeCV : Chooses kernel, lengthscales and ridge.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.sklearn import KernelRidge
    >>> X = np.linspace(0.0, 6.0, 300)[:, None]
    >>> model = KernelRidge(n_components=64, random_state=0).fit(X, np.sin(X[:, 0]))
    >>> bool(model.score(X, np.sin(X[:, 0])) > 0.999)
    True
    >>> prediction, std = model.predict(X[:5], return_std=True)
    >>> prediction.shape, std.shape
    ((5,), (5,))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {**MAP, **RIDGE}

    def __init__(
        self,
        kernel: Any = "gaussian",
        projection: Any = "orthogonal",
        features: Any = "trigonometric",
        *,
        n_components: int = 256,
        ridge: float = 1e-6,
        fit_intercept: bool = True,
        random_state: Any = None,
    ) -> None:
        self.kernel = kernel
        self.projection = projection
        self.features = features
        self.n_components = n_components
        self.ridge = ridge
        self.fit_intercept = fit_intercept
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Fit to rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), optional
            Relative precisions; a row of weight zero is as good as absent.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When kernel, projection and features do not go together, and when the matrix is
            singular, which a ridge of 0 makes of more features than rows.
        """
        X, y = self._rows_and_targets(X, y)  # noqa: N806
        fitted = bool(self.fit_intercept)
        sums = self._first_sums(X, y, row_weights(sample_weight, X), fitted)
        self._model: RidgeRegression | None = self._solved(sums, fitted)
        self.equations_, self._intercept = sums, fitted
        return self

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Add rows: those of several calls, or of `fit` before, are as good as those of one.

        Of the parameters, `ridge` alone may change in between.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `fit`; the rows seen before stay.
        """
        first = not hasattr(self, "equations_")
        X, y = self._rows_and_targets(  # noqa: N806
            X, y, reset=first, dtype=DTYPES if first else self.equations_.dtype
        )
        weights = row_weights(sample_weight, X)
        if first:
            fitted = bool(self.fit_intercept)
            self.equations_ = self._first_sums(X, y, weights, fitted)
            self._intercept = fitted
        else:
            self.equations_.add(X, y, weights=weights)
        self._model = None
        return self

    def _first_sums(
        self,
        X: NDArray[Any],  # noqa: N803
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        intercept: bool,
    ) -> NormalEquations:
        return sums_of(map_of(self, X.shape[1]), X, y, weights, intercept=intercept)

    def _solved(self, sums: NormalEquations, intercept: bool) -> RidgeRegression:
        return RidgeRegression(
            sums,
            ridge=float(self.ridge),
            intercept=intercept,
            posterior="full",
        )

    @property
    def model_(self) -> RidgeRegression:  # type: ignore[override]
        """The solution for the rows that were seen."""
        check_is_fitted(self)
        if self._model is None:
            self._model = self._solved(self.equations_, self._intercept)
        return self._model
