# SPDX-License-Identifier: Apache-2.0
"""Classification."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets
from sklearn.utils.validation import check_is_fitted

from bochner._logistic import LogisticRegression
from bochner._normal_equations import NormalEquations
from bochner._ridge_regression import RidgeRegression
from bochner.sklearn._common import (
    DTYPES,
    MAP,
    RIDGE,
    dense,
    dense_with_targets,
    map_of,
    row_weights,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._map import FeatureMap


def _has_loss(loss: str) -> Any:
    def check(estimator: Any) -> bool:
        if estimator.loss != loss:
            raise AttributeError(f"loss is {estimator.loss!r}, expected {loss!r} for this")
        return True

    return check


class KernelClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classification with random features of a kernel.

    Class scores ``f_c(x) = theta_c . phi(x) + intercept_c``; predicted is the class of the largest.
    ``loss="squared"`` fits them to 1 for rows of the class and -1 for others, by ridge regression
    as `KernelRidge`. ``loss="logistic"`` has ``P(class c | x) = exp(f_c(x)) / sum_b exp(f_b(x))``
    and minimises ``-(1 / W) sum_i w_i ln P(class_i | x_i) + (ridge / 2) sum_c |theta_c|^2`` with
    ``W = sum_i w_i``, by Newton's method.

    Parameters
    ----------
    kernel : kernel or str, default="gaussian"
        One of `bochner.kernels`, or its text, such as ``"matern(nu=1.5)"``.
    projection : projection or str, default="orthogonal"
    features : feature function or str, default="trigonometric"
    n_components : int, default=256
        Columns of the features; where a frequency makes a cosine and a sine, the next even number.
    loss : {"squared", "logistic"}, default="squared"
        The former is faster, and takes rows in batches; the latter has probabilities.
    ridge : float, default=1e-6
        The penalty beside the mean loss, so that it means the same for any number of rows; positive
        for the logistic loss. scikit-learn's ``alpha`` is ``ridge * sample_weight.sum()``, its
        ``C`` the inverse of that, or twice that for two classes, which it gives one theta.
    fit_intercept : bool, default=True
    tol : float, default=1e-10
        Of the logistic loss: on the gradient's norm over that at zero. Newton steps double the
        digits of the gradient; with a small ridge coefficients have as many fewer.
    max_iter : int, default=50
        Of the logistic loss: Newton steps.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        Labels, ascending.
    model_ : bochner.RidgeRegression or bochner.LogisticRegression
        After `partial_fit` it is solved for when it is next asked for.
    equations_ : bochner.NormalEquations
        Of the squared loss: the sums over the rows that were seen.
    n_iter_ : int
        Newton steps; one solves for the squared loss.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where the input has names.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.sklearn import KernelClassifier
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.where((X**2).sum(axis=1) < 1.4, "inside", "outside")
    >>> model = KernelClassifier(n_components=64, loss="logistic", random_state=0).fit(X, y)
    >>> model.predict([[0.1, 0.2], [2.0, 1.0]])
    array(['inside', 'outside'], dtype='<U7')
    >>> model.predict_proba([[0.1, 0.2]]).shape
    (1, 2)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **MAP,
        **RIDGE,
        "loss": [StrOptions({"squared", "logistic"})],
        "tol": [Interval(Real, 0.0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        kernel: Any = "gaussian",
        projection: Any = "orthogonal",
        features: Any = "trigonometric",
        *,
        n_components: int = 256,
        loss: str = "squared",
        ridge: float = 1e-6,
        fit_intercept: bool = True,
        tol: float = 1e-10,
        max_iter: int = 50,
        random_state: Any = None,
    ) -> None:
        self.kernel = kernel
        self.projection = projection
        self.features = features
        self.n_components = n_components
        self.loss = loss
        self.ridge = ridge
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Fit to rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of any kind.
        sample_weight : array-like of shape (n_samples,), optional
            Relative; a row of weight zero is as good as absent.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            On fewer than two classes, and as `KernelRidge.fit`.

        Warns
        -----
        ConvergenceWarning
            When `max_iter` steps are not enough.
        """
        X, y = dense_with_targets(self, X, y, reset=True)  # noqa: N806
        check_classification_targets(y)
        weights = row_weights(sample_weight, X)
        classes, codes = np.unique(y, return_inverse=True)
        if classes.size < 2:
            raise ValueError("KernelClassifier: y has one class, expected two classes or more")
        drawn = map_of(self, X.shape[1])
        self._model: RidgeRegression | LogisticRegression | None
        if self.loss == "squared":
            sums = self._sums(drawn, X.dtype, classes.size)
            sums.add(X, _targets(codes, classes.size), weights=weights)
            self._model = self._solved(sums)
            self.equations_ = sums
            self.n_iter_ = 1
            self.classes_ = classes
        else:
            self._model = LogisticRegression(
                drawn,
                X,
                codes.astype(np.int64, copy=False),
                num_classes=classes.size,
                weights=weights,
                ridge=float(self.ridge),
                intercept=bool(self.fit_intercept),
                tolerance=float(self.tol),
                max_steps=int(self.max_iter),
            )
            if hasattr(self, "equations_"):
                del self.equations_
            report = self._model.report
            self.n_iter_ = report.steps
            self.classes_ = classes  # before the warning, which may be an error
            if not report.converged:
                step_limit = report.outcome == "step-limit"
                warnings.warn(
                    f"KernelClassifier: {report.steps} steps left {report.gradient:.1e} of the "
                    f"gradient; raise {'max_iter, ' if step_limit else ''}ridge or tol",
                    ConvergenceWarning,
                    stacklevel=2,
                )
        return self

    @available_if(_has_loss("squared"))  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
    ) -> Self:
        """Add rows: those of several calls, or of `fit` before, are as good as those of one.

        Only with ``loss="squared"``. Of the parameters, `ridge` and `fit_intercept` may change in
        between.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), optional
            All labels; required by the first call.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            On a label that is no class, and as `fit`; the rows seen before stay.
        """
        first = not hasattr(self, "equations_")
        X, y = dense_with_targets(  # noqa: N806
            self, X, y, reset=first, dtype=DTYPES if first else self.equations_.dtype
        )
        check_classification_targets(y)
        weights = row_weights(sample_weight, X)
        if classes is not None and np.unique(classes).size < 2:
            raise ValueError("KernelClassifier: classes has one class, expected two or more")
        _check_partial_fit_first_call(self, classes)
        unknown = np.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ValueError(
                f"KernelClassifier: y has {unknown[0]!r}, expected one of classes, {self.classes_}"
            )
        count = self.classes_.size
        targets = _targets(np.searchsorted(self.classes_, y), count)
        sums = self._sums(map_of(self, X.shape[1]), X.dtype, count) if first else self.equations_
        self.equations_ = sums.add(X, targets, weights=weights)
        self.n_iter_ = 1
        self._model = None
        return self

    def _sums(self, drawn: FeatureMap, dtype: Any, num_classes: int) -> NormalEquations:
        return NormalEquations(drawn, num_targets=num_classes, dtype=dtype)

    def _solved(self, sums: NormalEquations) -> RidgeRegression:
        return RidgeRegression(sums, ridge=float(self.ridge), intercept=bool(self.fit_intercept))

    @property
    def model_(self) -> RidgeRegression | LogisticRegression:
        """The solution for the rows that were seen."""
        check_is_fitted(self)
        if self._model is None:
            self._model = self._solved(self.equations_)
        return self._model

    def _scores(self, X: Any) -> NDArray[Any]:  # noqa: N803
        model = self.model_
        if isinstance(model, LogisticRegression):
            model = RidgeRegression.from_coefficients(
                model.feature_map,
                model.coefficients,
                intercepts=model.intercepts,
                dtype=model.dtype,
            )
        return model.predict(dense(self, X, reset=False, dtype=model.dtype))

    def decision_function(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Scores of the classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes) or (n_samples,)
            For two classes one number, positive for the second: half the difference of the scores
            for the squared loss, the log-odds for the logistic one.
        """
        check_is_fitted(self)
        scores = self._scores(X)
        if scores.shape[1] > 2:
            return scores
        difference: NDArray[Any] = scores[:, 1] - scores[:, 0]
        return difference / 2 if isinstance(self.model_, RidgeRegression) else difference

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Labels of the classes with the largest scores, the first of equals.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples,)
        """
        check_is_fitted(self)
        labels: NDArray[Any] = self.classes_[self._scores(X).argmax(axis=1)]
        return labels

    @available_if(_has_loss("logistic"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Probabilities of the classes; only with ``loss="logistic"``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes)
            float32 where the model was fitted to float32, otherwise float64.
        """
        check_is_fitted(self)
        model = self.model_
        X = dense(self, X, reset=False, dtype=model.dtype)  # noqa: N806
        if not isinstance(model, LogisticRegression):
            raise NotFittedError("KernelClassifier: fitted with another loss; fit it again")
        return model.predict_probabilities(X)

    @available_if(_has_loss("logistic"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Logarithms of the probabilities, finite where these vanish.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        scores = self._scores(X)
        scores -= scores.max(axis=1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return scores

    def __sklearn_is_fitted__(self) -> bool:
        # A first batch that is refused leaves classes_ behind.
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _targets(codes: NDArray[Any], num_classes: int) -> NDArray[np.float64]:
    """1 in the column of the class, -1 elsewhere; a batch may lack classes."""
    targets = np.full((codes.size, num_classes), -1.0)
    targets[np.arange(codes.size), codes] = 1.0
    return targets
