# SPDX-License-Identifier: Apache-2.0
"""The exact Gram matrix as an operator."""

from __future__ import annotations

from typing import Any

from bochner import _core
from bochner._arrays import Array, ArrayLike, rows, threads
from bochner._gram_operator import GramOperator
from bochner._specs import KernelLike, kernel_of


class ExactGram(GramOperator):
    """The exact Gram matrix ``K_ij = k(x_i, x_j)`` as an operator.

    Entries are computed tile by tile whenever they are needed and never stored: about ``4 n d``
    numbers of memory, whatever the product. A product is `O(n^2 (d + k))`. Entries and products
    are in float64; results have the same bits for any number of threads. Immutable, safe to share
    between threads, picklable (with its rows).

    Parameters
    ----------
    kernel : kernel or str
        One of the classes in `bochner.kernels`, or its text.
    x : array of shape (n, d)
        float32 or float64, one row or more; copied.
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype, and where `kernel` is none.
    ValueError
        On options of the kernel that are not valid for `d`, on no rows, NaN or infinity (naming row
        and column).

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.array([[0.0], [1.0], [2.0]])
    >>> K = bo.ExactGram(bo.GaussianKernel(), x)
    >>> (K @ np.ones(3)).round(4)
    array([1.7419, 2.2131, 1.7419])
    >>> K.trace()
    3.0
    """

    __slots__ = ("_kernel", "_x")

    _gram: _core.ExactGram
    _kernel: Any
    _x: Array

    def __init__(self, kernel: KernelLike, x: ArrayLike, *, num_threads: int | None = None) -> None:
        self._kernel = kernel_of("ExactGram", kernel)
        self._x = rows("ExactGram", "x", x).copy(order="C")
        self._gram = _core.ExactGram(self._kernel, self._x, threads("ExactGram", num_threads))

    @property
    def kernel(self) -> Any:
        """The kernel."""
        return self._kernel

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._kernel, self._x)

    def __repr__(self) -> str:
        return f"ExactGram({self._kernel!r}, shape={self.shape})"


def exact_operator(function: str, name: str, value: ExactGram) -> _core.ExactGram:
    """The matrix behind an ExactGram."""
    if isinstance(value, ExactGram):
        return value._gram
    raise TypeError(f"{function}: {name} is {type(value).__name__}, expected an ExactGram")
