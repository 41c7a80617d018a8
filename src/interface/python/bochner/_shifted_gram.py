# SPDX-License-Identifier: Apache-2.0
"""A Gram matrix of features with a ridge, factored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, threads
from bochner._gram_approximation import Gram, GramApproximation, approximate_operator
from bochner._gram_operator import columns_and_output, linear_operator
from bochner._options import real

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ShiftedGram:
    """``M = K^ + ridge I``, factored once.

    Through the features (Woodbury's identity) when ``n >= D``, as a dense matrix otherwise:
    `O(n D r + r^3)` operations and `r^2` numbers, ``r = min(n, D)``. A solution has a relative
    error of about the unit roundoff of the features' dtype times ``|K^| / ridge``; `solve`
    refines it. Immutable, safe to share between threads, picklable.

    Parameters
    ----------
    gram : GramApproximation
    ridge : float
        Finite, positive, and large enough for M to be positive definite in float64.
    num_threads : int, optional

    Raises
    ------
    TypeError
        Where `gram` is no GramApproximation.
    ValueError
        On another `ridge`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> K = bo.GramApproximation.from_factor(np.array([[1.0], [2.0]]))
    >>> M = bo.ShiftedGram(K, 1.0)  # [[2, 2], [2, 5]]
    >>> M.solve(np.array([4.0, 7.0])).round(12)
    array([1., 1.])
    >>> round(M.log_determinant(), 6) == round(float(np.log(6.0)), 6)
    True
    """

    __slots__ = ("_gram", "_ridge", "_shifted")

    _gram: GramApproximation
    _ridge: float
    _shifted: _core.ShiftedGram

    def __init__(
        self, gram: GramApproximation, ridge: float, *, num_threads: int | None = None
    ) -> None:
        held = approximate_operator("ShiftedGram", "gram", gram)
        self._gram = gram
        self._ridge = real("ShiftedGram", "ridge", ridge)
        if not (0.0 < self._ridge < np.inf):
            raise ValueError(
                f"ShiftedGram: ridge is {self._ridge}, expected a finite number above 0"
            )
        self._shifted = _core.shift(held, self._ridge, threads("ShiftedGram", num_threads))

    @property
    def gram(self) -> GramApproximation:
        """The matrix without the ridge."""
        return self._gram

    @property
    def ridge(self) -> float:
        """What is added to the diagonal."""
        return self._ridge

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n)."""
        return self._gram.shape

    @property
    def dtype(self) -> np.dtype[np.float64]:
        """Of solutions: float64."""
        return np.dtype(np.float64)

    def _apply(
        self,
        function: str,
        b: ArrayLike,
        out: NDArray[np.float64] | None,
        num_threads: int | None,
    ) -> NDArray[np.float64]:
        vectors, to = columns_and_output(function, b, out)
        getattr(self._shifted, function)(vectors, to, threads(function, num_threads))
        return to

    def solve(
        self,
        b: ArrayLike,
        *,
        out: NDArray[np.float64] | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """``M^-1 b`` for a vector or for the columns of a matrix; `O((n D + r^2) k)`.

        Parameters
        ----------
        b : array of shape (n,) or (n, k)
            float32 or float64.
        out : float64 array of the shape of `b`, optional
            Where to write; may be `b`, and otherwise does not overlap it.
        num_threads : int, optional

        Returns
        -------
        float64 array of the shape of `b`

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On another shape, NaN, infinity and overflow.
        """
        return self._apply("solve", b, out, num_threads)

    def apply_inverse_root(
        self,
        b: ArrayLike,
        *,
        out: NDArray[np.float64] | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """``S b`` for a square matrix S with ``S S^T = M^-1``.

        For standard normals b the result has covariance ``M^-1``. Arguments, cost and errors are
        those of `solve`.
        """
        return self._apply("apply_inverse_root", b, out, num_threads)

    def apply_inverse_root_transposed(
        self,
        b: ArrayLike,
        *,
        out: NDArray[np.float64] | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """``S^T b`` for the matrix S of `apply_inverse_root`.

        It whitens what has covariance M. Arguments, cost and errors are those of `solve`.
        """
        return self._apply("apply_inverse_root_transposed", b, out, num_threads)

    def log_determinant(self) -> float:
        """``log det M``, in O(r)."""
        return self._shifted.log_determinant()

    def as_linear_operator(self) -> Any:
        """``M^-1`` as a `scipy.sparse.linalg.LinearOperator`: a preconditioner for SciPy.

        Raises
        ------
        ImportError
            Where scipy is not installed.
        """
        return linear_operator(self.shape[0], self.solve)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._gram, self._ridge)

    def __repr__(self) -> str:
        return f"ShiftedGram({self._gram!r}, {self._ridge!r})"


def shifted_operator(
    function: str, name: str, value: ShiftedGram, gram: Gram | None = None
) -> _core.ShiftedGram:
    """The matrix behind a ShiftedGram, of the dtype of a GramApproximation."""
    if not isinstance(value, ShiftedGram):
        raise TypeError(f"{function}: {name} is {type(value).__name__}, expected a ShiftedGram")
    if isinstance(gram, GramApproximation) and gram.feature_dtype != value.gram.feature_dtype:
        raise TypeError(
            f"{function}: {name} has {value.gram.feature_dtype} features and the matrix "
            f"{gram.feature_dtype}, expected one dtype for both"
        )
    return value._shifted
