# SPDX-License-Identifier: Apache-2.0
"""Kernel ridge regression whose kernel and ridge are searched for."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.model_selection import check_cv
from sklearn.utils._param_validation import Interval, StrOptions

from bochner import _core
from bochner._hyperparameter_search import SearchResult, search_hyperparameters
from bochner._map import FeatureMap
from bochner._ridge_regression import RidgeRegression
from bochner.sklearn._common import (
    MAP,
    RIDGE,
    row_weights,
    spec_of,
)
from bochner.sklearn._regressor import Regressor, sums_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self


class KernelRidgeCV(Regressor):
    """Kernel ridge regression whose kernel, lengthscales and ridge are chosen from the data.

    `bochner.search_hyperparameters`, then `KernelRidge` with what it found.

    Parameters
    ----------
    kernels : kernel, str, or list of these, default="gaussian"
        Forms to choose from, of `bochner.kernels`. Lengthscales in them count only where these are
        fixed.
    projection : projection or str, default="orthogonal"
    features : feature function or str, default="trigonometric"
    n_components : int, default=256
        Columns of the features; where a frequency makes a cosine and a sine, the next even number.
    lengthscales : {"per-column", "common", "fixed"}, default="per-column"
        One per column of X (automatic relevance determination), one factor times every column's
        spread, or those of `kernels`. In spreads a row of weight w counts as w rows.
    ridges : array-like, default=None
        To choose from, in the units of `KernelRidge`. Without them, three per decade from 1e-9 to
        1, times the mean squared norm of the features.
    criterion : {"k-fold", "leave-one-out", "generalised-cross-validation", "evidence"}, \
default="k-fold"
        What a candidate is judged by. k-fold alone notices a model that has memorised groups.
    cv : int, splitter or iterable of splits, default=5
        Of k-fold: a number of folds, or what says which rows are held out together. Every row has
        to be held out once.
    fit_intercept : bool, default=True
    search_rows, search_features : int, default=10_000 and 512
        Candidates are compared on at most this many rows and features; the best are compared again
        with `n_components` features.
    max_candidates : int, default=120
    random_state : int, RandomState instance or None, default=None
        Of the frequencies, the folds and the rows compared on.

    Attributes
    ----------
    kernel_ : kernel
        With its lengthscales.
    ridge_ : float
    search_ : bochner.SearchResult
        Every candidate and its score.
    model_ : bochner.RidgeRegression
        With its posterior.
    intercept_, noise_variance_ : float or array of shape (n_targets,)
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where the input has names.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.sklearn import KernelRidgeCV
    >>> X = np.random.default_rng(0).uniform(-2.0, 2.0, size=(200, 2))
    >>> model = KernelRidgeCV(n_components=32, max_candidates=12, random_state=0)
    >>> model = model.fit(X, np.sin(3.0 * X[:, 0]))
    >>> short, long = model.kernel_.metric.lengthscales
    >>> bool(short < long)
    True
    """

    # Groups are for nothing else here, as with scikit-learn's own splitters.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "kernels": [str, *_core.kernels, list, tuple],
        "projection": MAP["projection"],
        "features": MAP["features"],
        "n_components": MAP["n_components"],
        "lengthscales": [StrOptions({"per-column", "common", "fixed"})],
        "ridges": ["array-like", None],
        "criterion": [
            StrOptions({"k-fold", "leave-one-out", "generalised-cross-validation", "evidence"})
        ],
        "cv": ["cv_object"],
        "fit_intercept": RIDGE["fit_intercept"],
        "search_rows": [Interval(Integral, 1, None, closed="left")],
        "search_features": [Interval(Integral, 1, None, closed="left")],
        "max_candidates": [Interval(Integral, 1, None, closed="left")],
        "random_state": MAP["random_state"],
    }

    def __init__(
        self,
        kernels: Any = "gaussian",
        projection: Any = "orthogonal",
        features: Any = "trigonometric",
        *,
        n_components: int = 256,
        lengthscales: str = "per-column",
        ridges: Any = None,
        criterion: str = "k-fold",
        cv: Any = 5,
        fit_intercept: bool = True,
        search_rows: int = 10_000,
        search_features: int = 512,
        max_candidates: int = 120,
        random_state: Any = None,
    ) -> None:
        self.kernels = kernels
        self.projection = projection
        self.features = features
        self.n_components = n_components
        self.lengthscales = lengthscales
        self.ridges = ridges
        self.criterion = criterion
        self.cv = cv
        self.fit_intercept = fit_intercept
        self.search_rows = search_rows
        self.search_features = search_features
        self.max_candidates = max_candidates
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
    ) -> Self:
        """Choose and fit.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), optional
            Relative precisions; a row of weight zero is as good as absent.
        groups : array-like of shape (n_samples,), optional
            Labels: with a number of folds, rows of one label are held out together, and a splitter
            is given them. Without them, and with a number of folds, columns of X that repeat
            together make groups; where there are none, every row is by itself.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `KernelRidge`, on fewer rows or groups than folds, and on splits that do not hold out
            every row once.
        """
        kernels = list(self.kernels) if isinstance(self.kernels, (list, tuple)) else [self.kernels]
        if not kernels:
            raise ValueError("KernelRidgeCV: kernels is empty, expected at least one")
        X, y = self._rows_and_targets(X, y, least=2)  # noqa: N806
        weights = row_weights(sample_weight, X)
        spec = spec_of(
            X.shape[1],
            kernels[0],
            self.projection,
            self.features,
            self.n_components,
            self.random_state,
        )
        num_folds, labels = self._held_out(X, y, groups)
        intercept = bool(self.fit_intercept)
        found: SearchResult = search_hyperparameters(
            spec,
            X,
            y,
            weights=weights,
            kernels=kernels,
            lengthscales=self.lengthscales,  # type: ignore[arg-type]
            ridges=np.asarray([] if self.ridges is None else self.ridges, np.float64),
            criterion=self.criterion,  # type: ignore[arg-type]
            num_folds=num_folds,
            groups=labels,
            intercept=intercept,
            search_rows=int(self.search_rows),
            search_features=int(self.search_features),
            max_candidates=int(self.max_candidates),
            seed=spec.seed,
        )
        self.model_ = RidgeRegression(
            sums_of(FeatureMap(found.spec), X, y, weights, intercept=intercept),
            ridge=found.ridge,
            intercept=intercept,
            posterior="full",
        )
        self.kernel_ = found.spec.kernel
        self.ridge_ = found.ridge
        self.search_ = found
        return self

    def _held_out(
        self,
        X: NDArray[Any],  # noqa: N803
        y: NDArray[Any],
        groups: Any,
    ) -> tuple[int, NDArray[np.int64] | None]:
        """The number of folds, and labels of what is held out together."""
        if self.cv is None or isinstance(self.cv, Integral):
            count = 5 if self.cv is None else int(self.cv)
            if groups is None:
                return count, None
            labels = np.unique(np.asarray(groups), return_inverse=True)[1]
            return count, labels.astype(np.int64, copy=False)
        fold = np.full(X.shape[0], -1, np.int64)
        count = 0
        for _, test in check_cv(self.cv).split(X, y, groups):
            if (fold[test] != -1).any():
                raise ValueError("KernelRidgeCV: cv holds out a row twice, expected once")
            fold[test] = count
            count += 1
        if (fold == -1).any():
            row = int(np.argmin(fold))
            raise ValueError(f"KernelRidgeCV: cv never holds out row {row}, expected once")
        return count, fold
