# SPDX-License-Identifier: Apache-2.0
"""Feature maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import Array, ArrayLike, like, output, rows, threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bochner._core.options import FeatureMapSpec

Side: TypeAlias = Literal["query", "key"]

Map: TypeAlias = "FeatureMap | FeatureMapSpec | str"
"""A map, its spec, or the spec's text."""

_SIDES = {"query": _core.Side.query, "key": _core.Side.key}


def _side(function: str, side: str) -> _core.Side:
    try:
        return _SIDES[side]
    except (KeyError, TypeError):
        raise ValueError(f"{function}: side is {side!r}, expected 'query' or 'key'") from None


class FeatureMap:
    """A random feature map: ``k(x, y)`` is about ``transform(x) @ transform(y).T``.

    Immutable, safe to share between threads, picklable (a few hundred bytes: frequencies are a
    function of the spec and are drawn when they are first needed). Results have the same bits for
    any number of threads and any split of the rows, and the dtype of the input.

    Parameters
    ----------
    spec : FeatureMapSpec or str
        What to draw, or the text form of it, ``str(spec)``.

    Raises
    ------
    ValueError
        When the spec describes no map.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> fm = bo.FeatureMap(bo.FeatureMapSpec(2, 4096, seed=1))
    >>> x = np.array([[0.0, 0.0], [1.0, 0.0]])
    >>> phi = fm.transform(x)
    >>> exact = np.exp(-0.5)
    >>> bool(abs(phi[0] @ phi[1] - exact) < 0.05)
    True
    """

    __slots__ = ("_map", "_num_features", "_spec")

    _map: _core.Map
    _num_features: int
    _spec: FeatureMapSpec

    def __init__(self, spec: FeatureMapSpec | str) -> None:
        self._spec = _core.spec_of("FeatureMap: spec", spec)
        self._map = _core.Map(self._spec)
        self._num_features = self._spec.num_features

    @property
    def spec(self) -> FeatureMapSpec:
        """What was drawn."""
        return self._spec

    @property
    def input_dim(self) -> int:
        """Columns of the inputs, d."""
        return self._spec.input_dim

    @property
    def num_features(self) -> int:
        """Columns of the features, D."""
        return self._num_features

    def transform(
        self,
        x: ArrayLike,
        *,
        side: Side = "query",
        out: Array | None = None,
        num_threads: int | None = None,
    ) -> Array:
        """Features of the rows of `x`.

        Parameters
        ----------
        x : array of shape (n, input_dim)
            float32 or float64, any strides.
        side : {"query", "key"}
            The factor of the kernel that the rows are for; symmetric maps ignore it.
        out : array of shape (n, num_features), optional
            Where to write, any strides, not overlapping `x`.
        num_threads : int, optional
            Threads to use; without it OpenMP decides.

        Returns
        -------
        array of shape (n, num_features)
            `out`, or a new array of the dtype of `x`.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On a shape that does not fit, NaN or infinity (naming row and column), or when a feature
            leaves the range of the dtype, which `apply` does not.
        """
        x = rows("transform", "x", x)
        out = output("transform", out, (x.shape[0], self._num_features), x.dtype)
        self._map.transform(_side("transform", side), x, out, threads("transform", num_threads))
        return out

    def apply(
        self,
        x: ArrayLike,
        *,
        side: Side = "query",
        out: Array | None = None,
        num_threads: int | None = None,
    ) -> tuple[Array, NDArray[np.int32]]:
        """Features of order one and a power of two per row.

        ``k(x_i, y_j)`` is about ``2.0 ** (a_i + b_j) * phi_i @ psi_j``: what overflows in
        `transform` is apart here.

        Parameters
        ----------
        x : array of shape (n, input_dim)
        side : {"query", "key"}
        out : array of shape (n, num_features), optional
        num_threads : int, optional

        Returns
        -------
        phi : array of shape (n, num_features)
        exponent : int32 array of shape (n,)
        """
        x = rows("apply", "x", x)
        phi = output("apply", out, (x.shape[0], self._num_features), x.dtype)
        exponent = np.empty(x.shape[0], np.int32)
        self._map.apply(_side("apply", side), x, phi, exponent, threads("apply", num_threads))
        return phi, exponent

    def pullback(
        self,
        x: ArrayLike,
        dphi: ArrayLike,
        *,
        side: Side = "query",
        out: Array | None = None,
        num_threads: int | None = None,
    ) -> Array:
        """Gradient of ``(dphi * phi).sum()`` with respect to `x`.

        `phi` is that of `apply`, its exponents held fixed.

        Parameters
        ----------
        x : array of shape (n, input_dim)
        dphi : array of shape (n, num_features)
        side : {"query", "key"}
        out : array of shape (n, input_dim), optional
        num_threads : int, optional

        Returns
        -------
        array of shape (n, input_dim)
        """
        x = rows("pullback", "x", x)
        dphi = like("pullback", "dphi", dphi, "rows, features", "x", x.dtype)
        out = output("pullback", out, x.shape, x.dtype)
        self._map.pullback(_side("pullback", side), x, dphi, out, threads("pullback", num_threads))
        return out

    def frequencies(self, side: Side = "query") -> NDArray[np.float64]:
        """The frequencies as rows, acting on raw inputs.

        Lengthscales, scale and the matrix of the spec's transform are in them, shifts are not.

        Parameters
        ----------
        side : {"query", "key"}
            Whose inputs: the two differ where the transform has a matrix.

        Returns
        -------
        array of shape (m, input_dim)
            Products of projections have a row for every factor, first factors first.
        """
        w = np.empty((self._map.num_frequency_rows(), self.input_dim))
        self._map.frequencies(_side("frequencies", side), w)
        return w

    def __reduce__(self) -> tuple[type[FeatureMap], tuple[FeatureMapSpec]]:
        return type(self), (self._spec,)

    def __eq__(self, other: object) -> bool:
        return self._spec == other._spec if isinstance(other, FeatureMap) else NotImplemented

    def __hash__(self) -> int:
        return hash((FeatureMap, self._spec))

    def __repr__(self) -> str:
        return f"FeatureMap({self._spec!r})"


def as_map(function: str, value: Map, name: str = "feature_map") -> FeatureMap:
    """A map from itself, a spec or a text."""
    if isinstance(value, FeatureMap):
        return value
    return FeatureMap(_core.spec_of(f"{function}: {name}", value))
