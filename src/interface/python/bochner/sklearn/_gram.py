# SPDX-License-Identifier: Apache-2.0
"""Transformers from Gram matrices."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import scipy.linalg
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from bochner._exact_gram import ExactGram
from bochner._gram_matrices import exact_gram
from bochner._nystrom import nystrom
from bochner._principal_components import KernelPrincipalComponents
from bochner._specs import kernel_of
from bochner.sklearn._common import MAP, dense, seed, spec_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._map import FeatureMap


class _Transformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class NystroemRPCholesky(_Transformer):
    """Nystroem features whose landmark rows are chosen by randomly pivoted Cholesky.

    ``transform(x) @ transform(y).T`` is ``k(x, S) K(S, S)^-1 k(S, y)`` for the landmark rows S, as
    with `sklearn.kernel_approximation.Nystroem`, which draws S uniformly: pivots in proportion to
    what the landmarks before leave unexplained need fewer rows for the same error, the more so
    where rows cluster. Features are ``k(x, S) L^-T`` with the Cholesky factor ``K(S, S) = L L^T``,
    so that the first ones alone are the features of the first landmarks. `O(n (d + m) m)` to fit n
    rows with m landmarks.

    Parameters
    ----------
    kernel : kernel or str, default="gaussian"
        One of `bochner.kernels`, or its text, such as ``"matern(nu=1.5)"``.
    n_components : int, default=100
        Landmark rows. Fewer are taken where there are fewer rows, or where they explain all others.
    pivoting : {"randomly-pivoted", "ridge-leverage", "uniform"}, default="randomly-pivoted"
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    components_ : array of shape (n_landmarks, n_features_in_)
        The landmark rows S, in the order taken.
    component_indices_ : int64 array of shape (n_landmarks,)
        Where they are in the rows that were fitted.
    cholesky_ : float64 array of shape (n_landmarks, n_landmarks)
        L, a lower triangle.
    relative_trace_error_ : float
        ``tr(K - K^) / tr K`` of the rows that were fitted.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where the input has names.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.sklearn import NystroemRPCholesky
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> sampler = NystroemRPCholesky(n_components=40, random_state=0)
    >>> sampler.fit_transform(X).shape
    (300, 40)
    >>> sampler.relative_trace_error_ < 0.01
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "kernel": MAP["kernel"],
        "n_components": MAP["n_components"],
        "pivoting": [StrOptions({"randomly-pivoted", "ridge-leverage", "uniform"})],
        "random_state": MAP["random_state"],
    }

    def __init__(
        self,
        kernel: Any = "gaussian",
        *,
        n_components: int = 100,
        pivoting: str = "randomly-pivoted",
        random_state: Any = None,
    ) -> None:
        self.kernel = kernel
        self.n_components = n_components
        self.pivoting = pivoting
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803
        """Choose the landmark rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When the kernel is not one for so many columns, or vanishes on all rows.
        """
        self._factor(dense(self, X, reset=True))
        return self

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit_transform(self, X: Any, y: Any = None) -> NDArray[Any]:  # noqa: ARG002, N803
        """Choose the landmark rows, and the features of all rows: the factor that chose them.

        In place of `fit` and `transform`, of which it has the features up to rounding.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        array of shape (n_samples, n_landmarks)
            float32 where X is float32, otherwise float64.

        Raises
        ------
        ValueError
            As `fit`.
        """
        X = dense(self, X, reset=True)  # noqa: N806
        return self._factor(X).astype(X.dtype, copy=False)

    def _factor(self, X: NDArray[Any]) -> NDArray[Any]:  # noqa: N803
        """The factor F of K^ = F F^T, whose columns are those of the landmarks."""
        self._kernel = kernel_of(type(self).__name__, self.kernel)
        found = nystrom(
            ExactGram(self._kernel, X),
            min(int(self.n_components), X.shape[0]),
            pivoting=self.pivoting,  # type: ignore[arg-type]
            seed=seed(self.random_state),
        )
        factor: NDArray[Any] = found.gram.factor()
        self.component_indices_ = found.pivots
        self.components_ = X[found.pivots]
        # The columns that were taken, at the rows that were: their own Cholesky factor.
        self.cholesky_ = np.tril(factor[found.pivots])
        self.relative_trace_error_ = found.relative_trace_error
        self._n_features_out = found.pivots.size
        return factor

    def transform(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Features of the rows of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_landmarks)
            float32 where X is float32, otherwise float64.
        """
        check_is_fitted(self)
        X = dense(self, X, reset=False)  # noqa: N806
        similarities = exact_gram(self._kernel, X, self.components_)
        features: NDArray[Any] = scipy.linalg.solve_triangular(
            self.cholesky_, similarities.T, lower=True, overwrite_b=True, check_finite=False
        ).T
        return features.astype(X.dtype, copy=False)


class KernelPCA(_Transformer):
    """Kernel principal components by random features.

    The directions in feature space along which centred features vary most: those of
    `sklearn.decomposition.KernelPCA` in the limit of many features, but `O(n D^2 + D^3)` for n rows
    and D features, which is linear in n. The sign of a component is that which makes its largest
    coefficient positive.

    Parameters
    ----------
    n_components : int, default=2
        Columns of the output. Fewer come where no more have a variance beyond rounding errors.
    kernel : kernel or str, default="gaussian"
        One of `bochner.kernels`, or its text, such as ``"matern(nu=1.5)"``.
    projection : projection or str, default="orthogonal"
    features : feature function or str, default="trigonometric"
    n_random_features : int, default=256
        D, columns of the features; where a frequency makes two, the next even number.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    explained_variance_ : float64 array of shape (n_components,)
        Of the scores of the rows that were fitted (over ``n_samples - 1``), descending.
    explained_variance_ratio_ : float64 array of shape (n_components,)
        Their shares of the variance of all features together.
    n_components_ : int
        Columns of the output.
    map_ : bochner.FeatureMap
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where the input has names.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.sklearn import KernelPCA
    >>> X = np.random.default_rng(0).normal(size=(300, 3))
    >>> pca = KernelPCA(n_components=2, n_random_features=64, random_state=0)
    >>> scores = pca.fit_transform(X)
    >>> bool(np.allclose(scores.var(axis=0, ddof=1), pca.explained_variance_))
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **MAP,
        "n_random_features": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        n_components: int = 2,
        *,
        kernel: Any = "gaussian",
        projection: Any = "orthogonal",
        features: Any = "trigonometric",
        n_random_features: int = 256,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.kernel = kernel
        self.projection = projection
        self.features = features
        self.n_random_features = n_random_features
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803
        """Find the components.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Two rows or more.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When kernel, projection and features do not go together.
        """
        X = dense(self, X, reset=True, least=2)  # noqa: N806
        spec = spec_of(
            X.shape[1],
            self.kernel,
            self.projection,
            self.features,
            self.n_random_features,
            self.random_state,
        )
        self._components = KernelPrincipalComponents(spec, X, int(self.n_components))
        variances = self._components.variances
        total = self._components.total_variance
        self.explained_variance_ = variances * (X.shape[0] / (X.shape[0] - 1))
        self.explained_variance_ratio_ = variances / total if total > 0 else variances
        self.n_components_ = self._components.num_components
        self._n_features_out = self.n_components_
        return self

    @property
    def map_(self) -> FeatureMap:
        """The features."""
        check_is_fitted(self)
        return self._components.feature_map

    def transform(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Scores of the rows of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_components_)
            float32 where the components are of float32 rows, otherwise float64.
        """
        check_is_fitted(self)
        X = dense(self, X, reset=False, dtype=self._components.dtype)  # noqa: N806
        scores: NDArray[Any] = self._components.transform(X).astype(X.dtype, copy=False)
        return scores
