# SPDX-License-Identifier: Apache-2.0
"""Kernel principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, double_output, numbers, rows, threads
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap, Map, as_map
from bochner._options import dtype_of, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self


class KernelPrincipalComponents(Kept):
    """Kernel principal components by random features.

    The directions in feature space along which the centred features of n rows vary most. The scores
    of a row, ``v_k . (phi(x) - mean phi)``, are those of the eigenvectors of ``H K^ H``, and exist
    for rows that were not seen. A component's sign is that which makes its largest coefficient
    positive. `O(n D^2 + 9 D^3)`: for up to a few thousand features. Components whose variance is no
    more than the rounding errors of the largest, or of the features, are left out.

    Immutable, safe to share between threads, picklable (without the rows).

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64, two rows or more.
    count : int
        Components, at least 1.
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On other shapes, fewer rows, NaN or infinity, and when features overflow.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(300, 3))
    >>> components = bo.KernelPrincipalComponents(bo.FeatureMapSpec(3, 32, seed=1), x, 2)
    >>> scores = components.transform(x)
    >>> bool(np.allclose(scores.var(axis=0), components.variances))
    True
    >>> again = bo.KernelPrincipalComponents.from_bytes(components.to_bytes())
    >>> bool((again.transform(x) == scores).all())
    True
    """

    __slots__ = ("_components", "_map")

    _components: _core.Components
    _map: FeatureMap

    def __init__(
        self, feature_map: Map, x: ArrayLike, count: int, *, num_threads: int | None = None
    ) -> None:
        function = "KernelPrincipalComponents"
        self._map = as_map(function, feature_map)
        self._components = _core.components_of(
            self._map._map,
            rows(function, "x", x),
            whole(function, "count", count),
            threads(function, num_threads),
        )

    def _state(self) -> State:
        words, arrays = self._components.save()
        return words, arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        for name in ("map", "scalar"):
            if name not in words:
                raise ValueError(f"KernelPrincipalComponents: the archive has no word {name!r}")
        drawn = FeatureMap(FeatureMapSpec.parse(words["map"]))
        return cls._loaded(drawn, words["scalar"] == "float", words, arrays)

    @classmethod
    def _loaded(
        cls, feature_map: FeatureMap, is_single: bool, words: dict[str, str], arrays: dict[str, Any]
    ) -> Self:
        made = cls.__new__(cls)
        made._map = feature_map
        made._components = _core.load_components(feature_map._map, is_single, words, arrays)
        return made

    @property
    def feature_map(self) -> FeatureMap:
        """The map."""
        return self._map

    @property
    def num_components(self) -> int:
        """Columns of the scores."""
        return self._components.num_components

    @property
    def variances(self) -> NDArray[np.float64]:
        """Of the scores of the n rows (over n), descending."""
        return np.array(self._components.variances)

    @property
    def total_variance(self) -> float:
        """Of all features together: what the variances are shares of."""
        return self._components.total_variance

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows that `transform` takes."""
        return dtype_of(self._components.is_single)

    def transform(
        self,
        x: ArrayLike,
        *,
        out: NDArray[np.float64] | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """The scores of the rows of `x`; `O(rows (m d + D components))`.

        Parameters
        ----------
        x : array of shape (rows, input_dim)
            Of the dtype of the rows that the components are of.
        out : float64 array of shape (rows, num_components), optional
        num_threads : int, optional

        Returns
        -------
        float64 array of shape (rows, num_components)

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On other shapes, NaN or infinity.
        """
        a = numbers("transform", "x", x, "rows, columns")
        if a.dtype != self.dtype:
            raise TypeError(
                f"transform: x has dtype {a.dtype}, expected {self.dtype}, that of the rows of "
                "which these are the components"
            )
        to = double_output("transform", out, (a.shape[0], self.num_components))
        self._components.transform(a, to, threads("transform", num_threads))
        return to

    def __copy__(self) -> KernelPrincipalComponents:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> KernelPrincipalComponents:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._loaded, (self._map, self._components.is_single, *self._state())

    def __repr__(self) -> str:
        return f"KernelPrincipalComponents({self._map!r}, num_components={self.num_components})"
