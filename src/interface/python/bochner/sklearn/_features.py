# SPDX-License-Identifier: Apache-2.0
"""Random features as transformers."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from bochner._columns import Columns
from bochner._core import options
from bochner.sklearn._common import MAP, dense, seed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self


class _Features(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What the transformers share: dense rows in, features of the same dtype out."""

    _columns: Columns

    def transform(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Features of the rows of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_components)
            float32 where X is float32, otherwise float64.
        """
        check_is_fitted(self)
        return self._columns.transform(dense(self, X, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class RBFSampler(_Features):
    """Random features of the RBF kernel, a drop-in for `sklearn.kernel_approximation.RBFSampler`.

    ``exp(-gamma * |x - y|**2)`` is about ``transform(x) @ transform(y).T``. Frequencies are
    orthogonal within blocks of `n_features_in_`, and each gives a cosine and a sine in place of one
    cosine with a random phase: at equal `n_components` the variance is lower for both reasons.

    Parameters
    ----------
    gamma : "scale" or float, default=1.0
        Of the kernel; "scale" is ``1 / (n_features * X.var())``.
    n_components : int, default=100
        Columns of the output. An odd number has one cosine with a random phase besides the pairs.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    random_weights_ : array of shape (n_features_in_, n_components)
    random_offset_ : array of shape (n_components,)
        The output is ``sqrt(2 / n_components) * cos(X @ random_weights_ + random_offset_)``.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where the input has names.

    Notes
    -----
    Sparse rows are accepted and made dense: the features are dense, and larger.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.sklearn import RBFSampler
    >>> X = np.array([[0.0, 0.0], [1.0, 0.0]])
    >>> phi = RBFSampler(gamma=0.5, n_components=2000, random_state=0).fit_transform(X)
    >>> bool(abs(phi[0] @ phi[1] - np.exp(-0.5)) < 0.05)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "gamma": [StrOptions({"scale"}), Interval(Real, 0.0, None, closed="left")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self, *, gamma: float | str = 1.0, n_components: int = 100, random_state: Any = None
    ) -> None:
        self.gamma = gamma
        self.n_components = n_components
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803
        """Draw the frequencies.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Only its shape, its dtype and, for gamma="scale", its variance count.
        y : ignored

        Returns
        -------
        self
        """
        X = dense(self, X, reset=True)  # noqa: N806
        dim = X.shape[1]
        if isinstance(self.gamma, str):  # "scale"
            variance = X.var(dtype=np.float64)
            gamma = 1.0 / (dim * variance) if variance != 0 else 1.0
        else:
            gamma = float(self.gamma)
        self._gamma = gamma
        # gamma = 0 makes every kernel value 1, which a very long lengthscale does, too.
        lengthscale = min(1e30, (2.0 * gamma) ** -0.5) if gamma > 0 else 1e30
        self._columns = Columns(
            options.FeatureMapSpec(
                dim,
                1,
                options.GaussianKernel(options.Isotropic(lengthscale)),
                options.OrthogonalProjection(),
                options.TrigonometricFeatures(),
                seed(self.random_state),
            ),
            self.n_components,
        )
        pairs = self.n_components // 2
        # Cosines, then sines: sin(a) = cos(a - pi / 2). A turned pair is a cosine of that phase.
        weights = [each.frequencies().T for each in self._columns.maps]
        offset = np.repeat([0.0, 1.5 * np.pi], pairs)
        if self._columns.turn is not None:
            cosine, sine = self._columns.turn
            offset = np.append(offset, np.arctan2(-sine, cosine) % (2.0 * np.pi))
        columns = np.hstack([*weights[:1] * min(pairs, 1), *weights])
        self.random_weights_ = columns.astype(X.dtype, copy=False)
        self.random_offset_ = offset.astype(X.dtype, copy=False)
        self._n_features_out = self.n_components
        return self


class RandomFeatures(_Features):
    """Random features of any kernel of the library.

    Parameters
    ----------
    kernel : kernel or str, default="gaussian"
        One of `bochner.kernels`, or its text, such as ``"matern(nu=1.5)"``.
    projection : projection or str, default="orthogonal"
        How frequencies are drawn: one of `bochner.projections`.
    features : feature function or str, default="trigonometric"
        One of `bochner.feature_functions`.
    n_components : int, default=256
        Columns of the output. Where a frequency makes two (cosine and sine), an odd number has one
        column of a frequency of its own besides the pairs.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    maps_ : list of bochner.FeatureMap
        What was drawn: one map, and for an odd number of columns a second.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where the input has names.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> from bochner.sklearn import RandomFeatures
    >>> sampler = RandomFeatures(bo.MaternKernel(1.5), n_components=64, random_state=0)
    >>> sampler.fit_transform(np.zeros((3, 2))).shape
    (3, 64)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = MAP

    def __init__(
        self,
        kernel: Any = "gaussian",
        projection: Any = "orthogonal",
        features: Any = "trigonometric",
        *,
        n_components: int = 256,
        random_state: Any = None,
    ) -> None:
        self.kernel = kernel
        self.projection = projection
        self.features = features
        self.n_components = n_components
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803
        """Draw the frequencies; only the shape of X counts.

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
            When kernel, projection and features do not go together, saying why.
        """
        X = dense(self, X, reset=True)  # noqa: N806
        spec = options.FeatureMapSpec(
            X.shape[1],
            1,
            self.kernel,
            self.projection,
            self.features,
            seed(self.random_state),
        )
        self._columns = Columns(spec, int(self.n_components))
        self.maps_ = self._columns.maps
        self._n_features_out = self.n_components
        return self
