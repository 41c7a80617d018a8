# SPDX-License-Identifier: Apache-2.0
"""What regressors share: predictions, and the sums of least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from bochner._normal_equations import NormalEquations
from bochner.sklearn._common import (
    DTYPES,
    dense,
    dense_with_targets,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bochner._map import FeatureMap
    from bochner._ridge_regression import RidgeRegression


class Regressor(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What the regressors share: rows and targets in, predictions and their errors out."""

    fit_intercept: bool
    model_: RidgeRegression

    def _rows_and_targets(
        self,
        X: Any,  # noqa: N803
        y: Any,
        *,
        reset: bool = True,
        dtype: Any = DTYPES,
        least: int = 1,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        X, y = dense_with_targets(  # noqa: N806
            self, X, y, reset=reset, dtype=dtype, least=least, multi_output=True, y_numeric=True
        )
        y = y.toarray() if scipy.sparse.issparse(y) else y
        return X, y if y.dtype in DTYPES else y.astype(np.float64)

    def predict(self, X: Any, return_std: bool = False) -> Any:  # noqa: N803
        """Predictions for the rows of X, and how far they may be off.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return, beside the predictions, the posterior's standard deviation of f(x),
            without the noise of an observation, whose variance is `noise_variance_`.

        Returns
        -------
        predictions : array of the shape of the targets
            float32 where the model was fitted to float32, otherwise float64.
        std : float64 array of the same shape
            Only where asked for.
        """
        check_is_fitted(self)
        model = self.model_
        X = dense(self, X, reset=False, dtype=model.dtype)  # noqa: N806
        return model.predict(X, return_std=True) if return_std else model.predict(X)

    @property
    def intercept_(self) -> Any:
        """The constant, one per target where they are columns."""
        return per_target(self.model_, self.model_.intercepts)

    @property
    def noise_variance_(self) -> Any:
        """Of an observation, where the evidence is highest; one per target, as `intercept_`."""
        return per_target(self.model_, self.model_.noise_variances)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def per_target(model: RidgeRegression, values: NDArray[np.float64]) -> Any:
    return values.item() if model._vector else values


def sums_of(
    drawn: FeatureMap,
    X: NDArray[Any],  # noqa: N803
    y: NDArray[Any],
    weights: NDArray[Any] | None,
    *,
    intercept: bool,
) -> NormalEquations:
    """The sums over first rows: about the targets' mean, where a constant makes up for it."""
    offset = None
    if intercept and (weights is None or weights.any()):
        with np.errstate(over="ignore"):
            offset = np.average(y, axis=0, weights=weights).astype(np.float64)
    return NormalEquations(
        drawn,
        num_targets=None if y.ndim == 1 else y.shape[1],
        target_offset=offset if offset is not None and np.isfinite(offset).all() else None,
        dtype=X.dtype,
    ).add(X, y, weights=weights)
