# SPDX-License-Identifier: Apache-2.0
"""Regression on Dask's collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from bochner._options import flag, real, whole, word
from bochner._ridge_regression import RidgeRegression
from bochner._specs import spec_of
from bochner.dask._estimators import Estimator, each_partition
from bochner.dask._least_squares import (
    Data,
    RidgeSums,
    data_of,
    first_mean,
    num_targets_of,
    outputs_of,
)
from bochner.dask._trees import summed

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec
    from bochner._normal_equations import NormalEquations
    from bochner._ridge_regression import Posterior
    from bochner._specs import SpecLike


def _sums(
    function: str,
    spec: FeatureMapSpec,
    data: Data,
    y: Any,
    intercept: bool,
    num_threads: int,
    on_progress: Any,
) -> NormalEquations:
    """The sums over all partitions: about a mean of the targets, where a constant makes up."""
    work = RidgeSums(
        spec,
        data.rows.layout,
        data.targets.layout.rows_of,
        data.weight_layout,
        num_targets_of(function, y),
        first_mean(function, data) if intercept else None,
        num_threads,
    )
    sums: NormalEquations = summed(function, work, data.blocks, on_progress)
    return sums


def fit_ridge(
    feature_map: SpecLike,
    X: Any,  # noqa: N803
    y: Any,
    sample_weight: Any = None,
    *,
    ridge: float = 1e-6,
    intercept: bool = True,
    posterior: Posterior = "mean",
    num_threads: int = 1,
    on_progress: Callable[[str, float, float, str], object] | Literal["bar"] | None = None,
) -> RidgeRegression:
    """Ridge regression over the rows of all partitions, with a map that is given.

    What `KernelRidge` does, for those who have the spec; `bochner.mpi.fit_ridge` is its like.

    Parameters
    ----------
    feature_map : FeatureMapSpec, FeatureMap or str
    X : dask array or dataframe of shape (n, input_dim)
    y : dask array, series or dataframe of shape (n,) or (n, num_targets)
    sample_weight : dask array or series of shape (n,), optional
    ridge, intercept, posterior
        As `RidgeRegression`.
    num_threads : int, default=1
        Of each partition.
    on_progress : callable or "bar", optional
        As `KernelRidge.fit`.

    Returns
    -------
    RidgeRegression

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As `KernelRidge.fit`.

    Examples
    --------
    >>> import dask.array as da
    >>> import bochner as bo
    >>> from bochner.dask import fit_ridge
    >>> X = da.linspace(0.0, 6.0, 1000, chunks=250)[:, None]
    >>> model = fit_ridge(bo.FeatureMapSpec(1, 32, seed=1), X, da.sin(X[:, 0]), ridge=1e-8)
    >>> bool(abs(model.predict(X.compute()) - da.sin(X[:, 0])).max() < 1e-3)
    True
    """
    function = "fit_ridge"
    spec = spec_of(function, feature_map, "feature_map")
    threads = whole(function, "num_threads", num_threads, 1, 2**31)
    penalty = real(function, "ridge", ridge)
    fitted = flag(function, "intercept", intercept)
    data = data_of(function, X, y, sample_weight)
    if data.num_columns != spec.input_dim:
        raise ValueError(
            f"{function}: X has {data.num_columns} columns, expected {spec.input_dim} (the map's "
            "input_dim)"
        )
    sums = _sums(function, spec, data, y, fitted, threads, on_progress)
    return RidgeRegression(sums, ridge=penalty, intercept=fitted, posterior=posterior)


class KernelRidge(Estimator):
    """Kernel ridge regression with random features, on Dask's arrays and dataframes.

    ``f(x) = theta . phi(x) + intercept`` minimises ``sum_i w_i (y_i - f(x_i))^2 + W ridge
    |theta|^2`` with ``W = sum_i w_i``: the model of `bochner.sklearn.KernelRidge` with the same
    parameters, to rounding (about 1e-12 of the moments). One pass over the partitions, and the
    targets of the first once more. A partition takes ``O(n D^2)``, holds ``2 D^2`` numbers, and
    ``D^2 / 2`` travel where its sums meet those of a neighbour on another worker.

    Parameters
    ----------
    kernel : kernel or str, default="gaussian"
    projection : projection or str, default="orthogonal"
    features : feature function or str, default="trigonometric"
    n_components : int, default=256
        Columns of the features; where a frequency makes a cosine and a sine, the next even number.
    ridge : float, default=1e-6
        The penalty beside the *mean* squared error: scikit-learn's ``alpha`` over the sum of the
        weights.
    fit_intercept : bool, default=True
    posterior : {"mean", "full"}, default="mean"
        Whether `model_` keeps what variances need, too.
    random_state : int, RandomState instance or None, default=None
    num_threads : int, default=1
        Of each partition: Dask computes several at a time.

    Attributes
    ----------
    model_ : bochner.RidgeRegression
    equations_ : bochner.NormalEquations
        The sums over all rows.
    n_features_in_ : int

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from bochner.dask import KernelRidge
    >>> X = da.linspace(0.0, 6.0, 1000, chunks=250)[:, None]
    >>> y = da.sin(X[:, 0])
    >>> model = KernelRidge(n_components=64, random_state=0).fit(X, y)
    >>> bool(abs(model.predict(X) - y).max().compute() < 1e-2)
    True
    """

    def __init__(
        self,
        kernel: Any = "gaussian",
        projection: Any = "orthogonal",
        features: Any = "trigonometric",
        *,
        n_components: int = 256,
        ridge: float = 1e-6,
        fit_intercept: bool = True,
        posterior: Posterior = "mean",
        random_state: Any = None,
        num_threads: int = 1,
    ) -> None:
        self._set_map(kernel, projection, features, n_components, random_state)
        self.ridge = ridge
        self.fit_intercept = fit_intercept
        self.posterior = posterior
        self.num_threads = num_threads

    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        *,
        on_progress: Callable[[str, float, float, str], object] | Literal["bar"] | None = None,
    ) -> Self:
        """Fit to rows, by the scheduler that Dask would use.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)
            Chunks of columns are joined. Of a dataframe, partitions may have the columns in any
            order; partitions without rows count for nothing.
        y : dask array, series or dataframe of shape (n_samples,) or (n_samples, n_targets)
            In the partitions of X; an array of other, known chunks is cut anew.
        sample_weight : dask array or series of shape (n_samples,), optional
        on_progress : callable or "bar", optional
            Called with "partitions", how many are done, how many there are and "partitions"; "bar"
            shows a bar of tqdm.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            On other collections, and where a column is no number or a partition has another dtype.
        ValueError
            Naming the partition and its row, on NaN and infinity; on partitions that do not belong
            together or have other columns; and as `bochner.sklearn.KernelRidge.fit`.
        RuntimeError
            When partitions were summed by several versions of the library, naming both; and when
            workers die of one partition again and again.
        """
        function = "KernelRidge.fit"
        threads = whole(self._name, "num_threads", self.num_threads, 1, 2**31)
        ridge = real(self._name, "ridge", self.ridge)
        intercept = flag(self._name, "fit_intercept", self.fit_intercept)
        posterior: Any = word(self._name, "posterior", self.posterior)
        data = data_of(function, X, y, sample_weight)
        spec = self._spec(data.num_columns)
        sums = _sums(function, spec, data, y, intercept, threads, on_progress)
        model = RidgeRegression(sums, ridge=ridge, intercept=intercept, posterior=posterior)
        self.equations_, self.model_ = sums, model
        self._layout, self._targets = data.rows.layout, data.targets.layout
        self._outputs = outputs_of(model, y.ndim == 1, threads)
        self.n_features_in_ = data.num_columns
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Predictions for the rows of X, lazily.

        `model_` predicts arrays of NumPy, and variances.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)

        Returns
        -------
        dask array; for a dataframe a series, or a dataframe of several targets
            Of the shape of the targets, with their names where they had any; float32 where the
            model was fitted to float32, otherwise float64.

        Raises
        ------
        TypeError, ValueError
            On other columns. What is wrong with a partition is raised when it is computed, naming
            the partition.
        """
        function = "KernelRidge.predict"
        self._require_fitted(function)
        rows, layout = self._seen_rows(function, X)
        names = self._targets.columns
        work = self._outputs
        if work.coefficients.ndim == 1:
            name = names[0] if names else "prediction"
            return each_partition(function, rows, layout, work, None, work.dtype, name)
        columns = list(names) if names else list(range(work.coefficients.shape[1]))
        return each_partition(function, rows, layout, work, columns, work.dtype)
