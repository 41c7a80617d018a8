# SPDX-License-Identifier: Apache-2.0
"""Random features of rows in partitions."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from bochner._columns import Columns, spec_of_columns
from bochner._options import whole
from bochner.dask._collections import as_rows, layout_of
from bochner.dask._estimators import Estimator, each_partition, seed_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec
    from bochner._map import FeatureMap


@functools.lru_cache(maxsize=8)
def _columns(spec: FeatureMapSpec, num_columns: int) -> Columns:
    return Columns(spec, num_columns)


@dataclasses.dataclass(frozen=True)
class _Transform:
    spec: FeatureMapSpec
    num_columns: int
    num_threads: int

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        return _columns(self.spec, self.num_columns).transform(x, self.num_threads)


class RandomFeatures(Estimator):
    """Random features of any kernel of the library, for Dask's arrays and dataframes.

    The features of `bochner.sklearn.RandomFeatures` with the same parameters, bit for bit.

    Parameters
    ----------
    kernel : kernel or str, default="gaussian"
        One of `bochner.kernels`, or its text, such as ``"matern(nu=1.5)"``.
    projection : projection or str, default="orthogonal"
    features : feature function or str, default="trigonometric"
    n_components : int, default=256
        Columns of the output.
    random_state : int, RandomState instance or None, default=None
    num_threads : int, default=1
        Of each partition: Dask computes several at a time.

    Attributes
    ----------
    maps_ : list of bochner.FeatureMap
        What was drawn: one map, and for an odd number of columns a second.
    n_features_in_ : int

    Examples
    --------
    >>> import dask.array as da
    >>> from bochner.dask import RandomFeatures
    >>> X = da.zeros((1000, 3), chunks=(100, 3))
    >>> RandomFeatures(n_components=64, random_state=0).fit(X).transform(X)
    dask.array<..., shape=(1000, 64), dtype=float64, chunksize=(100, 64), ...>
    """

    def __init__(
        self,
        kernel: Any = "gaussian",
        projection: Any = "orthogonal",
        features: Any = "trigonometric",
        *,
        n_components: int = 256,
        random_state: Any = None,
        num_threads: int = 1,
    ) -> None:
        self._set_map(kernel, projection, features, n_components, random_state)
        self.num_threads = num_threads

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803
        """Draw the frequencies; only the columns of X count, and nothing is computed.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        TypeError
            On anything else, and where a column is no number.
        ValueError
            When kernel, projection and features do not go together, saying why.
        """
        function = "RandomFeatures.fit"
        rows, columns = as_rows(function, "X", X)
        layout = layout_of(function, "X", rows)
        one = spec_of_columns(
            columns,
            self.kernel,
            self.projection,
            self.features,
            1,
            seed_of(self._name, self.random_state),
        )
        count = whole(self._name, "n_components", self.n_components, 1)
        self._work = _Transform(
            one, count, whole(self._name, "num_threads", self.num_threads, 1, 2**31)
        )
        self.maps_: list[FeatureMap] = _columns(one, count).maps
        self._layout = layout
        self.n_features_in_ = columns
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Features of the rows of X, lazily.

        Parameters
        ----------
        X : dask array or dataframe of shape (n_samples, n_features)
            A dataframe has the columns of `fit`, in any order.

        Returns
        -------
        dask array or dataframe of shape (n_samples, n_components)
            float32 where X is float32, otherwise float64. Columns of a dataframe are called
            randomfeatures0, randomfeatures1, ...

        Raises
        ------
        TypeError, ValueError
            On other columns. What is wrong with a partition (NaN, another dtype) is raised when it
            is computed, naming the partition.
        """
        function = "RandomFeatures.transform"
        self._require_fitted(function)
        rows, layout = self._seen_rows(function, X)
        names = [f"randomfeatures{j}" for j in range(self._work.num_columns)]
        return each_partition(function, rows, layout, self._work, names, layout.dtype)

    def fit_transform(self, X: Any, y: Any = None) -> Any:  # noqa: N803
        """`fit`, then `transform`."""
        return self.fit(X, y).transform(X)
