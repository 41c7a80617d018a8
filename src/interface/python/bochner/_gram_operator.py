# SPDX-License-Identifier: Apache-2.0
"""What Gram matrices that are never formed have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._arrays import ArrayLike, apart, columns, double_output, integers, threads
from bochner._options import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray


class GramOperator:
    """What exact and approximate matrices have in common."""

    __slots__ = ("_gram",)

    # numpy's operators leave to those below what they cannot do.
    __array_ufunc__ = None

    _gram: Any

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n)."""
        n = self._gram.size
        return n, n

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    @property
    def dtype(self) -> np.dtype[np.float64]:
        """Of entries and products: float64."""
        return np.dtype(np.float64)

    def multiply(
        self,
        b: ArrayLike,
        *,
        out: NDArray[np.float64] | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """The product with a vector or with the columns of a matrix, also spelt ``@``.

        Parameters
        ----------
        b : array of shape (n,) or (n, k)
            float32 or float64, any strides.
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
            On another shape, NaN or infinity, and when an entry of the product overflows.
        """
        vectors, to = columns_and_output("multiply", b, out)
        self._gram.multiply(vectors, to, threads("multiply", num_threads))
        return to

    def __matmul__(self, b: ArrayLike) -> NDArray[np.float64]:
        return self.multiply(b)

    def __rmatmul__(self, b: ArrayLike) -> NDArray[np.float64]:
        product: NDArray[np.float64] = self.multiply(columns("multiply", "b", b).T).T
        return product

    def entry(self, i: int, j: int) -> float:
        """The entry of rows `i` and `j`; raises ValueError unless ``0 <= i, j < n``."""
        value: float = self._gram.entry(whole("entry", "i", i), whole("entry", "j", j))
        return value

    def diagonal(self, *, num_threads: int | None = None) -> NDArray[np.float64]:
        """The n entries of the diagonal; raises ValueError when one overflows."""
        out = np.empty(self._gram.size)
        self._gram.diagonal(out, threads("diagonal", num_threads))
        return out

    def trace(self, *, num_threads: int | None = None) -> float:
        """The sum of the diagonal."""
        value: float = self._gram.trace(threads("trace", num_threads))
        return value

    def rows(
        self,
        which: ArrayLike,
        *,
        out: NDArray[np.float64] | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """The rows of these numbers.

        Parameters
        ----------
        which : sequence of r integers in [0, n)
        out : float64 array of shape (r, n), optional
        num_threads : int, optional

        Returns
        -------
        float64 array of shape (r, n)

        Raises
        ------
        ValueError
            On a number outside [0, n), and when an entry overflows.
        """
        chosen = integers("rows", "which", which, "entries")
        to = double_output("rows", out, (chosen.shape[0], self._gram.size))
        if out is not None:
            apart("rows", "out", to, "which", chosen)
        self._gram.rows(chosen, to, threads("rows", num_threads))
        return to

    def to_dense(
        self, *, out: NDArray[np.float64] | None = None, num_threads: int | None = None
    ) -> NDArray[np.float64]:
        """All n x n entries; raises ValueError when one overflows."""
        n = self._gram.size
        to = double_output("to_dense", out, (n, n))
        self._gram.rows(np.arange(n), to, threads("to_dense", num_threads))
        return to

    def as_linear_operator(self) -> Any:
        """A `scipy.sparse.linalg.LinearOperator`, for SciPy's iterative methods.

        Raises
        ------
        ImportError
            Where scipy is not installed.
        """
        return linear_operator(self._gram.size, self.multiply)

    # Immutable.
    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self


def columns_and_output(
    function: str, b: ArrayLike, out: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What to multiply, and where the product goes: the same memory, or none that is shared."""
    vectors = columns(function, "b", b)
    to = double_output(function, out, vectors.shape)
    if out is not None and not _is_same(vectors, to):
        apart(function, "out", to, "b", vectors)
    return vectors, to


def _is_same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two arrays of one shape and dtype are the same memory in the same order."""
    return a.ctypes.data == b.ctypes.data and a.strides == b.strides


def linear_operator(size: int, apply: Any) -> Any:
    """A symmetric operator of SciPy's."""
    from scipy.sparse.linalg import LinearOperator

    return LinearOperator(
        (size, size), matvec=apply, rmatvec=apply, matmat=apply, rmatmat=apply, dtype=np.float64
    )
