# SPDX-License-Identifier: Apache-2.0
"""Gram matrices, exact and of features, as matrices and as operators."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import (
    Array,
    ArrayLike,
    apart,
    columns,
    double_output,
    doubles,
    integers,
    like,
    rows,
    threads,
)
from bochner._kernels import Kernel, as_kernel
from bochner._map import FeatureMap, as_map
from bochner._options import real, seed_of, whole, word
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from bochner._core.options import FeatureMapSpec

Map: TypeAlias = "FeatureMap | FeatureMapSpec | str"
Pivoting: TypeAlias = Literal["uniform", "ridge-leverage", "randomly-pivoted"]

_DEFAULT_MEMORY = 1 << 32


def exact_gram(
    kernel: Kernel,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    out: NDArray[np.float64] | None = None,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """``K_ij = k(x_i, y_j)``, exactly.

    In float64 whatever the input, `O(n l d)` by blocks; equal rows give exactly ``k(x, x)``.

    Parameters
    ----------
    kernel : kernel or str
        One of the classes in `bochner.kernels`, or its text.
    x : array of shape (n, d)
        float32 or float64.
    y : array of shape (l, d), optional
        Without it, `x`.
    out : float64 array of shape (n, l), optional
        Where to write, any strides, not overlapping `x` or `y`.
    num_threads : int, optional
        Threads to use; without it OpenMP decides.

    Returns
    -------
    float64 array of shape (n, l)

    Raises
    ------
    TypeError
        On another dtype, and where `kernel` is none.
    ValueError
        On shapes that do not fit, NaN or infinity (naming row and column), options of the kernel
        that are not valid for `d`, and when an entry overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.exact_gram(bo.GaussianKernel(), np.array([[0.0], [2.0]])).round(3)
    array([[1.   , 0.135],
           [0.135, 1.   ]])
    """
    kernel = as_kernel("exact_gram", kernel)
    a = doubles("exact_gram", "x", x, "rows, columns")
    b = a if y is None else doubles("exact_gram", "y", y, "rows, columns")
    to = double_output("exact_gram", out, (a.shape[0], b.shape[0]))
    if out is not None:
        apart("exact_gram", "out", to, "x", a)
        apart("exact_gram", "out", to, "y", b)
    _core.exact_gram(kernel, a, b, to, threads("exact_gram", num_threads))
    return to


def approximate_gram(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    out: NDArray[np.float64] | None = None,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """``K^_ij = 2^(a_i + b_j) phi(x_i) . phi(y_j)``, `x` as queries and `y` as keys.

    `O(n l D + (n + l) m d)`; powers of two are kept apart until the end, so that features that
    overflow in `FeatureMap.transform` do not here.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64.
    y : array of shape (l, input_dim), optional
        Of the dtype of `x`; without it, `x`.
    out : float64 array of shape (n, l), optional
        Where to write, any strides, not overlapping `x` or `y`.
    num_threads : int, optional

    Returns
    -------
    float64 array of shape (n, l)

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On shapes that do not fit, NaN or infinity, and when an entry overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.array([[0.0], [2.0]])
    >>> approximate = bo.approximate_gram(bo.FeatureMapSpec(1, 1000, seed=1), x)
    >>> exact = bo.exact_gram(bo.GaussianKernel(), x)
    >>> bool(abs(approximate - exact).max() < 0.1)
    True
    """
    function = "approximate_gram"
    fm = as_map(function, feature_map, "feature_map")
    a = rows(function, "x", x)
    b = a if y is None else like(function, "y", y, "rows, columns", "x", a.dtype)
    to = double_output(function, out, (a.shape[0], b.shape[0]))
    if out is not None:
        apart(function, "out", to, "x", a)
        apart(function, "out", to, "y", b)
    _core.approximate_gram(fm._map, a, b, to, threads(function, num_threads))
    return to


@dataclasses.dataclass(frozen=True)
class MeasuredGramError(Result):
    """How far an approximate Gram matrix is from the exact one.

    Attributes
    ----------
    squared_error : float
        ``|K^ - K|_F^2``.
    squared_norm : float
        ``|K|_F^2``.
    """

    squared_error: float
    squared_norm: float

    @property
    def relative(self) -> float:
        """``|K^ - K|_F / |K|_F``; raises ValueError when K is zero."""
        if not self.squared_norm > 0.0:
            raise ValueError("relative: the exact matrix is zero or has no entries")
        return float(np.sqrt(self.squared_error / self.squared_norm))


def gram_distance(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    num_threads: int | None = None,
) -> MeasuredGramError:
    """The distance between `approximate_gram` and `exact_gram` of the map's kernel.

    Streamed: neither matrix is formed. `O(n l (D + d))`.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64.
    y : array of shape (l, input_dim), optional
        Of the dtype of `x`; without it, `x`.
    num_threads : int, optional

    Returns
    -------
    MeasuredGramError

    Raises
    ------
    TypeError, ValueError
        As the two functions, and when the squares leave the range of float64.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> bool(bo.gram_distance(bo.FeatureMapSpec(3, 1000, seed=1), x).relative < 0.1)
    True
    """
    fm = as_map("gram_distance", feature_map, "feature_map")
    a = rows("gram_distance", "x", x)
    b = a if y is None else like("gram_distance", "y", y, "rows, columns", "x", a.dtype)
    return MeasuredGramError(
        *_core.gram_distance(fm._map, a, b, threads("gram_distance", num_threads))
    )


class _GramOperator:
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
        vectors, to = _columns_and_output("multiply", b, out)
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
        return _linear_operator(self._gram.size, self.multiply)

    # Immutable.
    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self


def _columns_and_output(
    function: str, b: ArrayLike, out: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    vectors = columns(function, "b", b)
    to = double_output(function, out, vectors.shape)
    if out is not None and not _is_same(vectors, to):
        apart(function, "out", to, "b", vectors)
    return vectors, to


def _is_same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two arrays of one shape and dtype are the same memory in the same order."""
    return a.ctypes.data == b.ctypes.data and a.strides == b.strides


def _linear_operator(size: int, apply: Any) -> Any:
    from scipy.sparse.linalg import LinearOperator

    return LinearOperator(
        (size, size), matvec=apply, rmatvec=apply, matmat=apply, rmatmat=apply, dtype=np.float64
    )


class ExactGram(_GramOperator):
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

    def __init__(self, kernel: Kernel, x: ArrayLike, *, num_threads: int | None = None) -> None:
        self._kernel = as_kernel("ExactGram", kernel)
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


class GramApproximation(_GramOperator):
    """A Gram matrix ``K^_ij = 2^(a_i + a_j) phi_i . phi_j`` of features that is never formed.

    Symmetric, positive semidefinite, of rank at most D; a product costs `O(n D k)`. Features are in
    the dtype of the rows; vectors, entries and sums are in float64, and the powers of two are kept
    apart throughout, so that rows of any size are as exact as others. Products with float32
    features carry a relative error of about 1e-6 of ``|K^| |b|``. Results have the same bits for
    any number of threads. Immutable, safe to share between threads, picklable (with its rows, or
    its factor).

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64, one row or more; copied.
    memory : int
        Bytes for the features. Where they do not fit, they are computed again, block by block, in
        every product; results have the same bits either way.
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On a shape that does not fit, no rows, NaN or infinity, when the map's centring treats its
        sides differently (the matrix would not be symmetric), and when `memory` is negative.

    See Also
    --------
    GramApproximation.from_factor : Of a factor that is given.
    nystrom : Of columns of the exact matrix.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(1000, 3))
    >>> K = bo.GramApproximation(bo.FeatureMapSpec(3, 64, seed=1), x)
    >>> K.shape, K.num_features
    ((1000, 1000), 128)
    >>> (K @ np.ones(1000)).shape
    (1000,)
    >>> F = bo.GramApproximation.from_factor(np.array([[1.0, 0.0], [1.0, 2.0]]))
    >>> F.to_dense()
    array([[1., 1.],
           [1., 5.]])
    """

    __slots__ = ("_map", "_memory", "_x")

    _gram: _core.Gram
    _map: FeatureMap | None
    _memory: int
    _x: Array | None

    def __init__(
        self,
        feature_map: Map,
        x: ArrayLike,
        *,
        memory: int = _DEFAULT_MEMORY,
        num_threads: int | None = None,
    ) -> None:
        function = "GramApproximation"
        self._map = as_map(function, feature_map, "feature_map")
        self._memory = whole(function, "memory", memory, 0)
        # A copy: rows that change later would make another matrix of the pickle.
        self._x = rows(function, "x", x).copy(order="C")
        self._gram = _core.gram_of_rows(
            self._map._map, self._x, self._memory, threads(function, num_threads)
        )

    @classmethod
    def from_factor(cls, factor: ArrayLike) -> GramApproximation:
        """``K^ = F F^T`` of an n x r factor, which is copied.

        Parameters
        ----------
        factor : array of shape (n, r)
            float32 or float64, `n` and `r` at least 1.

        Returns
        -------
        GramApproximation

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On an empty factor, NaN or infinity.
        """
        return cls._of(_core.gram_of_factor(rows("from_factor", "factor", factor)))

    @classmethod
    def _of(cls, gram: _core.Gram) -> GramApproximation:
        made = cls.__new__(cls)
        made._gram = gram
        made._map = made._x = None
        made._memory = 0
        return made

    @property
    def feature_map(self) -> FeatureMap | None:
        """The map, or None where a factor was given."""
        return self._map

    @property
    def num_features(self) -> int:
        """D, columns of the factor."""
        return self._gram.num_features

    @property
    def feature_dtype(self) -> np.dtype[Any]:
        """Of the features: that of the rows or of the factor."""
        return np.dtype(np.float32 if self._gram.is_single else np.float64)

    @property
    def stored(self) -> bool:
        """Whether features are kept."""
        return self._gram.stored

    @property
    def nbytes(self) -> int:
        """Memory held for products: features, or the rows they come from."""
        return self._gram.nbytes

    def factor(self) -> NDArray[np.float64]:
        """An n x D matrix F with ``K^ = F F^T``; raises ValueError when an entry overflows."""
        out = np.empty((self._gram.size, self._gram.num_features))
        self._gram.factor(out)
        return out

    def __reduce__(self) -> tuple[Any, ...]:
        if self._map is not None:
            return _gram_of_rows, (self._map, self._x, self._memory)
        return _gram_of_factor, (self.factor(), self._gram.is_single)

    def __repr__(self) -> str:
        source = f"{self._map!r}, " if self._map is not None else ""
        return f"GramApproximation({source}shape={self.shape}, num_features={self.num_features})"


def _gram_of_rows(feature_map: FeatureMap, x: Array, memory: int) -> GramApproximation:
    return GramApproximation(feature_map, x, memory=memory)


def _gram_of_factor(factor: NDArray[np.float64], is_single: bool) -> GramApproximation:
    return GramApproximation._of(_core.gram_of_written_factor(factor, is_single))


Gram: TypeAlias = "ExactGram | GramApproximation"


def exact_operator(function: str, name: str, value: ExactGram) -> _core.ExactGram:
    """The matrix behind an ExactGram."""
    if isinstance(value, ExactGram):
        return value._gram
    raise TypeError(f"{function}: {name} is {type(value).__name__}, expected an ExactGram")


def approximate_operator(function: str, name: str, value: GramApproximation) -> _core.Gram:
    """The matrix behind a GramApproximation."""
    if isinstance(value, GramApproximation):
        return value._gram
    raise TypeError(f"{function}: {name} is {type(value).__name__}, expected a GramApproximation")


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
        vectors, to = _columns_and_output(function, b, out)
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
        return _linear_operator(self.shape[0], self.solve)

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


@dataclasses.dataclass(frozen=True)
class GramSolveReport(Result):
    """How a solve ended.

    Attributes
    ----------
    converged : bool
    iterations : int
        Products with the matrix.
    residual : float
        The largest ``|b - (K + ridge I) x| / |b|`` over columns.
    """

    converged: bool
    iterations: int
    residual: float


def solve(
    gram: Gram,
    preconditioner: ShiftedGram,
    b: ArrayLike,
    *,
    tolerance: float = 1e-8,
    max_iterations: int = 1000,
    out: NDArray[np.float64] | None = None,
    num_threads: int | None = None,
) -> tuple[NDArray[np.float64], GramSolveReport]:
    """``x = (K + ridge I)^-1 b`` by conjugate gradients, K never formed.

    The approximation's inverse is the preconditioner, and its ridge is the ridge. Where it is
    spectrally close to K, few iterations suffice. `O(n^2 (d + k))` an iteration for the exact
    matrix, `O(n D k)` for an approximate one of many features, preconditioned by one of few;
    ``5 n k`` numbers.

    Parameters
    ----------
    gram : ExactGram or GramApproximation
    preconditioner : ShiftedGram
        Of the same rows; for a GramApproximation, of the same dtype of features.
    b : array of shape (n,) or (n, k)
        float32 or float64.
    tolerance : float
        On ``|b - (K + ridge I) x| / |b|``, for every column.
    max_iterations : int
    out : float64 array of the shape of `b`, optional
        Where to write; may be `b`, and otherwise does not overlap it.
    num_threads : int, optional

    Returns
    -------
    x : float64 array of the shape of `b`
    report : GramSolveReport
        Whether the tolerance was reached: that it was not is no exception.

    Raises
    ------
    TypeError
        On another dtype, and where an argument is no such matrix.
    ValueError
        On shapes that do not match, NaN and infinity, and options out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> K = bo.ExactGram(bo.GaussianKernel(), x)
    >>> few = bo.GramApproximation(bo.FeatureMapSpec(2, 50, seed=1), x)
    >>> alpha, report = bo.solve(K, bo.ShiftedGram(few, 0.1), np.ones(200))
    >>> report.converged
    True
    >>> bool(np.abs(K @ alpha + 0.1 * alpha - 1.0).max() < 1e-6)
    True
    """
    shifted = shifted_operator("solve", "preconditioner", preconditioner, gram)
    vectors, to = _columns_and_output("solve", b, out)
    options = (
        real("solve", "tolerance", tolerance),
        whole("solve", "max_iterations", max_iterations),
        threads("solve", num_threads),
    )
    if isinstance(gram, ExactGram):
        report = _core.solve_exact(gram._gram, shifted, vectors, to, *options)
    elif isinstance(gram, GramApproximation):
        report = _core.solve_approximate(gram._gram, shifted, vectors, to, *options)
    else:
        raise TypeError(
            f"solve: gram is {type(gram).__name__}, expected an ExactGram or a GramApproximation"
        )
    return to, GramSolveReport(**report)


@dataclasses.dataclass(frozen=True, eq=False)
class GramEigenpairs(Result):
    """``K^`` is about ``vectors @ np.diag(values) @ vectors.T``.

    Attributes
    ----------
    values : float64 array of shape (k,)
        Descending, all positive.
    vectors : float64 array of shape (n, k)
        Orthonormal columns.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]


def eigenpairs(
    gram: GramApproximation, count: int, *, num_threads: int | None = None
) -> GramEigenpairs:
    """The `count` largest eigenvalues with their eigenvectors.

    Or as many as are above the rounding errors of the largest. `O(n D r + r^3)`, ``r = min(n, D)``:
    for `r` up to a few thousand.

    Parameters
    ----------
    gram : GramApproximation
    count : int
        At least 1.
    num_threads : int, optional

    Returns
    -------
    GramEigenpairs

    Raises
    ------
    TypeError
        Where `gram` is no GramApproximation.
    ValueError
        On another `count`, and when features overflow.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> K = bo.GramApproximation.from_factor(np.array([[3.0, 0.0], [0.0, 2.0], [0.0, 0.0]]))
    >>> bo.eigenpairs(K, 2).values
    array([9., 4.])
    """
    held = approximate_operator("eigenpairs", "gram", gram)
    most = min(whole("eigenpairs", "count", count, 1), held.size, held.num_features)
    values = np.empty(most)
    vectors = np.empty((held.size, most))
    kept = _core.eigenpairs(held, most, values, vectors, threads("eigenpairs", num_threads))
    if kept < most:
        values, vectors = values[:kept].copy(), vectors[:, :kept].copy()
    return GramEigenpairs(values, vectors)


@dataclasses.dataclass(frozen=True, eq=False)
class Nystrom(Result):
    """``K(:, S) K(S, S)^+ K(S, :)`` as a Gram matrix.

    Attributes
    ----------
    gram : GramApproximation
        Its `factor` has a column for every pivot.
    pivots : int64 array
        S, in the order taken; a column that earlier ones explain is left out.
    relative_trace_error : float
        ``tr(K - K^) / tr K``: since the difference is positive semidefinite, 0 says that they are
        equal.
    """

    gram: GramApproximation
    pivots: NDArray[np.int64]
    relative_trace_error: float


def nystrom(
    gram: ExactGram,
    rank: int,
    *,
    pivoting: Pivoting = "randomly-pivoted",
    seed: int = 0,
    dtype: DTypeLike = np.float64,
    num_threads: int | None = None,
) -> Nystrom:
    """Approximate a Gram matrix from `rank` of its columns.

    The partial Cholesky factorisation with pivots that are chosen at random, computed in float64:
    ``n (rank + 64)`` numbers and `O(n rank (d + rank))` operations, twice that for leverage
    scores. The same bits for any number of threads.

    Parameters
    ----------
    gram : ExactGram
    rank : int
        Columns, 1 to n.
    pivoting : {"randomly-pivoted", "ridge-leverage", "uniform"}
        In proportion to what the columns before left of the diagonal; by ridge leverage scores,
        approximated from a uniform pass; uniformly without replacement.
    seed : int
    dtype : float32 or float64
        Of the factor.
    num_threads : int, optional

    Returns
    -------
    Nystrom

    Raises
    ------
    TypeError
        Where `gram` is no ExactGram.
    ValueError
        On a rank out of range, an unknown `pivoting`, and when K vanishes.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> columns = bo.nystrom(bo.ExactGram(bo.GaussianKernel(), x), 40, seed=1)
    >>> columns.gram.num_features
    40
    >>> columns.relative_trace_error < 0.01
    True
    """
    held, pivots, error = _core.nystrom(
        exact_operator("nystrom", "gram", gram),
        whole("nystrom", "rank", rank),
        word("nystrom", "pivoting", pivoting),
        seed_of("nystrom", seed),
        _is_single("nystrom", dtype),
        threads("nystrom", num_threads),
    )
    return Nystrom(GramApproximation._of(held), np.array(pivots, np.int64), error)


def _is_single(function: str, dtype: DTypeLike) -> bool:
    try:
        named = np.dtype(dtype)
    except TypeError:
        named = None
    if named == np.float32 or named == np.float64:
        return named == np.float32
    raise TypeError(f"{function}: dtype is {dtype!r}, expected float32 or float64")
