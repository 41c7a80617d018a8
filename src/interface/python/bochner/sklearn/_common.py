# SPDX-License-Identifier: Apache-2.0
"""What the estimators share: rows, weights, seeds and specs from scikit-learn's conventions."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_sample_weight, validate_data

from bochner import _core
from bochner._columns import spec_of_columns
from bochner._map import FeatureMap

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.base import BaseEstimator

    from bochner._core.options import FeatureMapSpec

DTYPES = [np.float64, np.float32]

MAP: dict[str, list[Any]] = {
    "kernel": [str, *_core.kernels],
    "projection": [str, *_core.projections],
    "features": [str, *_core.feature_functions],
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "random_state": ["random_state"],
}
"""Constraints on what describes a map."""

RIDGE: dict[str, list[Any]] = {
    "ridge": [Interval(Real, 0.0, None, closed="left")],
    "fit_intercept": ["boolean"],
}
"""Constraints on what describes a ridge problem."""


def dense(
    estimator: BaseEstimator,
    X: Any,  # noqa: N803
    *,
    reset: bool,
    dtype: Any = DTYPES,
    least: int = 1,
) -> NDArray[Any]:
    """Validated rows; sparse ones are made dense, since the features are."""
    X = validate_data(  # noqa: N806
        estimator, X, accept_sparse="csr", dtype=dtype, reset=reset, ensure_min_samples=least
    )
    return _dense(X)


def dense_with_targets(
    estimator: BaseEstimator,
    X: Any,  # noqa: N803
    y: Any,
    *,
    reset: bool,
    dtype: Any = DTYPES,
    least: int = 1,
    **options: Any,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Validated rows and what belongs to them."""
    X, y = validate_data(  # noqa: N806
        estimator,
        X,
        y,
        accept_sparse="csr",
        dtype=dtype,
        reset=reset,
        ensure_min_samples=least,
        **options,
    )
    return _dense(X), y


def _dense(X: Any) -> NDArray[Any]:  # noqa: N803
    rows: NDArray[Any] = X.toarray() if scipy.sparse.issparse(X) else X
    return rows


def row_weights(sample_weight: Any, X: NDArray[Any]) -> NDArray[Any] | None:  # noqa: N803
    """Validated weights in the dtype of the rows, or None."""
    if sample_weight is None:
        return None
    weights: NDArray[Any] = _check_sample_weight(
        sample_weight, X, dtype=X.dtype, ensure_non_negative=True
    )
    return weights


def seed(random_state: Any) -> int:
    """A seed of the library from scikit-learn's kind of randomness."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int64).max, dtype=np.int64))


def spec_of(
    input_dim: int,
    kernel: Any,
    projection: Any,
    features: Any,
    n_components: int,
    random_state: Any,
) -> FeatureMapSpec:
    """A spec of as many columns, or of the next number that is a whole one of frequencies."""
    return spec_of_columns(
        input_dim, kernel, projection, features, int(n_components), seed(random_state)
    )


def map_of(estimator: Any, input_dim: int) -> FeatureMap:
    """The map that the parameters of an estimator describe."""
    return FeatureMap(
        spec_of(
            input_dim,
            estimator.kernel,
            estimator.projection,
            estimator.features,
            estimator.n_components,
            estimator.random_state,
        )
    )
