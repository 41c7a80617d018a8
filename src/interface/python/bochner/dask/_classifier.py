# SPDX-License-Identifier: Apache-2.0
"""Classification of Dask's collections."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner._logistic_steps import Options, Point, fit_logistic
from bochner._logistic_sums import LogisticSums, logistic_gradient, logistic_product
from bochner._options import flag, one_of, positive, real, whole
from bochner._progress import progress
from bochner._ridge_regression import RidgeRegression
from bochner.dask._classes import Codes, DistinctLabels, Labels, Nothing, Signs
from bochner.dask._estimators import Estimator, each_partition
from bochner.dask._least_squares import (
    Data,
    Outputs,
    RidgeSums,
    data_of,
    outputs_of,
)
from bochner.dask._trees import drawn, summed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec
    from bochner._logistic import LogisticRegression, LogisticReport
    from bochner._normal_equations import NormalEquations
    from bochner.dask._blocks import Layout

_LOSSES = ("squared", "logistic")


@dataclasses.dataclass(frozen=True)
class _RowSums:
    """Loss and gradient of a partition at a point, or the product with a direction."""

    spec: FeatureMapSpec
    rows: Layout
    codes: Codes
    weights: Layout | None
    num_threads: int
    point: Point
    direction: Point | None

    def __call__(self, x: Any, y: Any, w: Any = None) -> LogisticSums:
        features = drawn(self.spec)
        point = (self.point.coefficients, self.point.intercepts)
        if len(x) == 0:
            inputs = np.zeros((0, self.spec.input_dim), self.rows.dtype)
            return logistic_gradient(features, inputs, np.zeros(0, np.int64), *point)
        inputs = self.rows.rows_of(x)
        options: dict[str, Any] = {
            "weights": None if self.weights is None else self.weights.rows_of(w),
            "num_threads": self.num_threads,
        }
        if self.direction is None:
            return logistic_gradient(features, inputs, self.codes(y), *point, **options)
        along = (self.direction.coefficients, self.direction.intercepts)
        return logistic_product(features, inputs, *point, *along, **options)


@dataclasses.dataclass(frozen=True)
class _Scores:
    """Scores of the classes, made into what is asked for."""

    outputs: Outputs
    classes: NDArray[Any]
    loss: str
    what: Literal["labels", "scores", "probabilities"]

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        scores = self.outputs(x)
        if self.what == "labels":
            labels: NDArray[Any] = self.classes[scores.argmax(axis=1)]
            return labels
        if self.what == "scores":
            if self.classes.size > 2:
                return scores
            difference: NDArray[Any] = scores[:, 1] - scores[:, 0]
            return difference / 2 if self.loss == "squared" else difference
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities: NDArray[Any] = scores / scores.sum(axis=1, keepdims=True)
        return probabilities


class KernelClassifier(Estimator):
    """Classification with random features of a kernel, on Dask's arrays and dataframes.

    The model of `bochner.sklearn.KernelClassifier` with the same parameters, to rounding.
    ``loss="squared"`` takes one pass over the partitions (and one over the labels, unless `fit` is
    given the classes); ``loss="logistic"`` one pass for the matrix that preconditions, and one for
    every step and every product with the Hessian, of which there are some dozens: persist X and y
    where they take long to make. ``(D + 1) n_classes`` numbers travel a pass.

    Parameters
    ----------
    kernel : kernel or str, default="gaussian"
    projection : projection or str, default="orthogonal"
    features : feature function or str, default="trigonometric"
    n_components : int, default=256
    loss : {"squared", "logistic"}, default="squared"
    ridge : float, default=1e-6
        The penalty beside the mean loss; positive for the logistic loss.
    fit_intercept : bool, default=True
    tol : float, default=1e-10
        Of the logistic loss: on the gradient's norm over that at zero.
    max_iter : int, default=50
        Of the logistic loss: Newton steps.
    random_state : int, RandomState instance or None, default=None
    num_threads : int, default=1
        Of each partition: Dask computes several at a time.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        Labels, ascending.
    model_ : bochner.RidgeRegression or bochner.LogisticRegression
    equations_ : bochner.NormalEquations
        Of the squared loss: the sums over all rows.
    report_ : bochner.LogisticReport
        Of the logistic loss: how the iteration ended.
    n_features_in_ : int

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from bochner.dask import KernelClassifier
    >>> X = da.from_array(np.random.default_rng(0).normal(size=(400, 2)), chunks=(100, 2))
    >>> y = (X**2).sum(axis=1) < 1.4
    >>> model = KernelClassifier(n_components=64, ridge=1e-4, random_state=0).fit(X, y)
    >>> bool((model.predict(X) == y).mean().compute() > 0.9)
    True
    """

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
        num_threads: int = 1,
    ) -> None:
        self._set_map(kernel, projection, features, n_components, random_state)
        self.loss = loss
        self.ridge = ridge
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.num_threads = num_threads

    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        *,
        classes: Any = None,
        on_progress: Callable[[str, float, float, str], object] | Literal["bar"] | None = None,
    ) -> Self:
        """Fit to rows, by the scheduler that Dask would use.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)
        y : dask array or series of shape (n_samples,)
            Labels of any kind.
        sample_weight : dask array or series of shape (n_samples,), optional
        classes : array-like of shape (n_classes,), optional
            All labels. Without it a pass over y finds them.
        on_progress : callable or "bar", optional
            As `KernelRidge.fit`; of the logistic loss, Newton steps follow.

        Returns
        -------
        self

        Raises
        ------
        TypeError, RuntimeError
            As `KernelRidge.fit`.
        ValueError
            As `KernelRidge.fit`, on fewer than two classes, and on a label that is none of them.

        Warns
        -----
        RuntimeWarning
            When `max_iter` steps are not enough.
        """
        function = "KernelClassifier.fit"
        loss = one_of(self._name, "loss", self.loss, _LOSSES)
        threads = whole(self._name, "num_threads", self.num_threads, 1, 2**31)
        intercept = flag(self._name, "fit_intercept", self.fit_intercept)
        ridge = (positive if loss == "logistic" else real)(self._name, "ridge", self.ridge)
        data = data_of(function, X, y, sample_weight, object)
        codes = Codes(data.targets.layout, self._all_classes(function, data, classes))
        spec = self._spec(data.num_columns)
        with progress(function, "on_progress", on_progress) as show:
            if loss == "squared":
                self.equations_ = self._sums(function, spec, data, Signs(codes), show)
                self.model_: RidgeRegression | LogisticRegression = RidgeRegression(
                    self.equations_, ridge=ridge, intercept=intercept
                )
            else:
                options = Options(
                    ridge,
                    intercept,
                    positive(self._name, "tol", self.tol),
                    whole(self._name, "max_iter", self.max_iter, 1),
                )
                bound = self._sums(function, spec, data, Nothing(codes), show)
                self.model_, self.report_ = self._steps(function, data, codes, bound, options, show)
        self.classes_ = codes.classes
        self._layout, self._labels = data.rows.layout, data.targets.layout
        self._fitted_loss = loss
        self._outputs = outputs_of(self.model_, False, threads)
        self.n_features_in_ = data.num_columns
        return self

    def _all_classes(self, function: str, data: Data, classes: Any) -> NDArray[Any]:
        if classes is not None:
            found = np.unique(np.asarray(classes))
        else:
            blocks = [(block,) for block in data.targets.blocks]
            labels: Labels = summed(function, DistinctLabels(data.targets.layout), blocks)
            found = np.zeros(0) if labels.values is None else labels.values
        if found.size < 2:
            raise ValueError(
                f"{function}: y has {found.size} class{'es' * (found.size != 1)}, expected two or "
                "more"
            )
        return found

    def _sums(
        self,
        function: str,
        spec: FeatureMapSpec,
        data: Data,
        targets: Signs | Nothing,
        show: Any,
    ) -> NormalEquations:
        count = targets.codes.classes.size if isinstance(targets, Signs) else None
        work = RidgeSums(
            spec, data.rows.layout, targets, data.weight_layout, count, None, self.num_threads
        )
        sums: NormalEquations = summed(function, work, data.blocks, show)
        return sums

    def _steps(
        self,
        function: str,
        data: Data,
        codes: Codes,
        bound: NormalEquations,
        options: Options,
        show: Any,
    ) -> tuple[LogisticRegression, LogisticReport]:
        work = functools.partial(
            _RowSums,
            bound.feature_map.spec,
            data.rows.layout,
            codes,
            data.weight_layout,
            self.num_threads,
        )

        def sums(point: Point, direction: Point | None) -> LogisticSums:
            found: LogisticSums = summed(function, work(point, direction), data.blocks)
            return found

        def on_step(report: LogisticReport) -> None:
            if show is not None:
                show("Newton steps", report.steps, options.max_steps, "steps")

        if not bound.moments()[-1, -1] > 0.0:
            raise ValueError(f"{function}: no row has a positive weight")
        model, report = fit_logistic(bound, codes.classes.size, sums, options, on_step)
        if not report.converged:
            warnings.warn(
                f"KernelClassifier: {report.steps} steps left {report.gradient:.1e} of the "
                "gradient; raise max_iter, ridge or tol",
                RuntimeWarning,
                stacklevel=3,
            )
        return model, report

    def _each(
        self,
        function: str,
        X: Any,  # noqa: N803
        what: Literal["labels", "scores", "probabilities"],
        columns: list[Any] | None,
        dtype: Any,
    ) -> Any:
        self._require_fitted(function)
        rows, layout = self._seen_rows(function, X)
        work = _Scores(self._outputs, self.classes_, self._fitted_loss, what)
        names = self._labels.columns
        return each_partition(
            function, rows, layout, work, columns, dtype, names[0] if names else what
        )

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Labels of the classes with the largest scores, lazily.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)

        Returns
        -------
        dask array, or a series for a dataframe, of shape (n_samples,)
        """
        function = "KernelClassifier.predict"
        self._require_fitted(function)
        return self._each(function, X, "labels", None, self.classes_.dtype)

    def decision_function(self, X: Any) -> Any:  # noqa: N803
        """Scores of the classes, lazily.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)

        Returns
        -------
        dask array, or dataframe or series, of shape (n_samples, n_classes) or (n_samples,)
            For two classes one number, positive for the second.
        """
        function = "KernelClassifier.decision_function"
        self._require_fitted(function)
        columns = list(self.classes_) if self.classes_.size > 2 else None
        return self._each(function, X, "scores", columns, self._outputs.dtype)

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Probabilities of the classes, lazily; only with ``loss="logistic"``.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)

        Returns
        -------
        dask array or dataframe of shape (n_samples, n_classes)

        Raises
        ------
        ValueError
            After a fit with another loss.
        """
        function = "KernelClassifier.predict_proba"
        self._require_fitted(function)
        if self._fitted_loss != "logistic":
            raise ValueError(f"{function}: fitted with the squared loss, which has none")
        return self._each(function, X, "probabilities", list(self.classes_), self._outputs.dtype)
