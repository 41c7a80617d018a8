# SPDX-License-Identifier: Apache-2.0
"""The door of every function that takes arrays: what comes in becomes NumPy's, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = "NDArray[np.float32] | NDArray[np.float64]"
"""A result: float32 or float64, as the input was."""

ArrayLike: TypeAlias = Any
"""A float32 or float64 array: NumPy's, or anything on the CPU with ``__dlpack__``."""

_SINGLE = np.dtype(np.float32)
_DOUBLE = np.dtype(np.float64)
SCALARS = (_DOUBLE, _SINGLE)
# What a C++ int holds; no machine has so many.
_MOST_THREADS = 2**31 - 1


def _describe(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def to_numpy(function: str, name: str, value: ArrayLike) -> NDArray[Any]:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{function}: {name} is masked, and the mask would be lost; pass {name}.filled(...) or "
            "the rows that are whole"
        )
    if isinstance(value, np.ndarray):
        return value
    if getattr(value, "requires_grad", False) is True:
        raise TypeError(
            f"{function}: {name} requires a gradient, which would be lost here; pass "
            f"{name}.detach(), or use an implementation that torch can differentiate"
        )
    if not hasattr(value, "__dlpack__"):
        raise TypeError(
            f"{function}: {name} is {_describe(value)}, expected an array of float32 or float64"
        )
    try:
        return np.from_dlpack(value)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"{function}: {name} is {_describe(value)}, which NumPy cannot see ({error}); expected "
            "an array of float32 or float64 on the CPU"
        ) from error


def require_aligned(function: str, name: str, array: NDArray[Any]) -> None:
    if not array.flags.aligned:
        raise TypeError(f"{function}: {name} is not aligned in memory; pass {name}.copy()")


def _require_numbers(function: str, name: str, array: NDArray[Any]) -> None:
    if array.dtype not in SCALARS or not array.dtype.isnative:
        raise TypeError(f"{function}: {name} has dtype {array.dtype}, expected float32 or float64")
    require_aligned(function, name, array)


def require_dimensions(function: str, name: str, array: NDArray[Any], axes: str) -> None:
    expected = axes.count(",") + 1
    if array.ndim != expected:
        raise ValueError(
            f"{function}: {name} has {array.ndim} dimension{'s' * (array.ndim != 1)}, expected "
            f"{expected} ({axes})"
        )


def numbers(function: str, name: str, value: ArrayLike, axes: str) -> Array:
    """`value` as an array of float32 or float64 with these axes ("rows, columns")."""
    if type(value) is not np.ndarray:
        value = to_numpy(function, name, value)
    _require_numbers(function, name, value)
    require_dimensions(function, name, value, axes)
    array: Array = value
    return array


def pair_or_rows(function: str, x: ArrayLike, y: ArrayLike, dim: int) -> tuple[Array, Array, bool]:
    """One pair of inputs (1-d) as rows, or the rows themselves (2-d), and whether it was one."""
    x, y = to_numpy(function, "x", x), to_numpy(function, "y", y)
    for name, value in (("x", x), ("y", y)):
        _require_numbers(function, name, value)
        if value.ndim not in (1, 2):
            raise ValueError(
                f"{function}: {name} has {value.ndim} dimensions, expected 1 (one pair) or 2 (rows)"
            )
    if x.ndim != y.ndim:
        raise ValueError(
            f"{function}: x has {x.ndim} dimension{'s' * (x.ndim != 1)} and y {y.ndim}, expected "
            "1 for both (one pair) or 2 (rows)"
        )
    if x.dtype != y.dtype:
        raise TypeError(
            f"{function}: y has dtype {y.dtype} and x {x.dtype}, expected one dtype for both"
        )
    one = x.ndim == 1
    for name, value in (("x", x), ("y", y)):
        if value.shape[-1] != dim:
            found = f"{value.shape[0]} entries" if one else f"{value.shape[1]} columns"
            raise ValueError(
                f"{function}: {name} has {found}, expected {dim} (the spec's input_dim)"
            )
    return (x[np.newaxis], y[np.newaxis], True) if one else (x, y, False)


def rows(function: str, name: str, value: ArrayLike) -> Array:
    """`value` as a matrix of float32 or float64."""
    # The way of nearly every call, kept short.
    if (
        type(value) is np.ndarray
        and value.ndim == 2
        and value.dtype in SCALARS
        and value.dtype.isnative
        and value.flags.aligned
    ):
        return value
    return numbers(function, name, value, "rows, columns")


def like(
    function: str, name: str, value: ArrayLike, axes: str, other: str, dtype: DTypeLike
) -> Array:
    """`value` with these axes, of the dtype that the argument `other` has."""
    array = numbers(function, name, value, axes)
    if array.dtype != dtype:
        raise TypeError(
            f"{function}: {name} has dtype {array.dtype} and {other} {np.dtype(dtype)}, expected "
            "one dtype for both"
        )
    return array


def doubles(function: str, name: str, value: ArrayLike, axes: str) -> NDArray[np.float64]:
    """`value` in float64: itself, or a copy where it is float32."""
    return numbers(function, name, value, axes).astype(np.float64, copy=False)


def both_double(
    function: str, x: ArrayLike, y: ArrayLike | None, names: tuple[str, str] = ("x", "y")
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two matrices in float64; the second is the first where it is None."""
    first = doubles(function, names[0], x, "rows, columns")
    return first, first if y is None else doubles(function, names[1], y, "rows, columns")


def both_alike(
    function: str, x: ArrayLike, y: ArrayLike | None, names: tuple[str, str] = ("x", "y")
) -> tuple[Array, Array]:
    """Two matrices of one dtype; the second is the first where it is None."""
    first = rows(function, names[0], x)
    if y is None:
        return first, first
    return first, like(function, names[1], y, "rows, columns", names[0], first.dtype)


def vector(function: str, name: str, value: ArrayLike, dtype: DTypeLike) -> Array:
    """A contiguous vector of this dtype: lists and integers are converted."""
    array = np.asarray(to_numpy(function, name, value) if hasattr(value, "__dlpack__") else value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{function}: {name} has dtype {array.dtype}, expected numbers")
    require_dimensions(function, name, array, "entries")
    converted: Array = np.ascontiguousarray(array, dtype=dtype)
    return converted


def columns(function: str, name: str, value: ArrayLike) -> NDArray[np.float64]:
    """A vector, or a matrix of several as its columns, in float64."""
    array = value if isinstance(value, np.ndarray) else to_numpy(function, name, value)
    axes = "rows" if array.ndim == 1 else "rows, columns"
    return doubles(function, name, array, axes)


def require_finite(function: str, name: str, array: NDArray[Any]) -> None:
    """Refuse NaN and infinity in a matrix, naming the first."""
    found = np.isfinite(array)
    if not found.all():
        row, column = np.argwhere(~found)[0]
        raise ValueError(
            f"{function}: {name}: row {row}, column {column} is {array[row, column]}, expected a "
            "finite number"
        )


def apart(function: str, name: str, out: NDArray[Any], other: str, array: NDArray[Any]) -> None:
    """Refuse an output that shares memory with the argument `other`."""
    try:
        shared = np.shares_memory(out, array, max_work=cast("Any", 100_000))
    except np.exceptions.TooHardError:
        shared = True
    if shared:
        raise ValueError(f"{function}: {name} overlaps {other}")


def require_writable(function: str, name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{function}: {name} has shape {array.shape}, expected {shape}")
    if not array.flags.writeable:
        raise ValueError(f"{function}: {name} is read-only")
    if 0 in array.strides and any(
        n > 1 and step == 0 for n, step in zip(array.shape, array.strides, strict=True)
    ):
        raise ValueError(f"{function}: {name} has entries that share memory (a stride of 0)")


def output(
    function: str,
    out: ArrayLike | None,
    shape: tuple[int, ...],
    dtype: DTypeLike,
    name: str = "out",
    whose: str = ", that of the input",
) -> Array:
    """`out`, fit to be written, or a new array; `whose` says where the dtype is from."""
    if out is None:
        return np.empty(shape, dtype)
    array = out if isinstance(out, np.ndarray) else to_numpy(function, name, out)
    _require_numbers(function, name, array)
    if array.dtype != dtype:
        raise TypeError(
            f"{function}: {name} has dtype {array.dtype}, expected {np.dtype(dtype)}{whose}"
        )
    require_writable(function, name, array, shape)
    result: Array = array
    return result


def double_output(
    function: str, out: ArrayLike | None, shape: tuple[int, ...], name: str = "out"
) -> NDArray[np.float64]:
    """`out` in float64, whatever the input was, or a new array."""
    return cast("NDArray[np.float64]", output(function, out, shape, np.float64, name, ""))


def threads(function: str, num_threads: int | None) -> int:
    """0 for None, which leaves the choice to OpenMP."""
    if num_threads is None:
        return 0
    if isinstance(num_threads, bool) or not isinstance(num_threads, (int, np.integer)):
        raise TypeError(f"{function}: num_threads is {num_threads!r}, expected an integer or None")
    if num_threads < 1:
        raise ValueError(f"{function}: num_threads is {num_threads}, expected at least 1 or None")
    return min(int(num_threads), _MOST_THREADS)


def integers(function: str, name: str, value: ArrayLike, axes: str) -> NDArray[np.int64]:
    """A contiguous array of integers with these axes: lists are converted."""
    try:
        array = np.asarray(
            to_numpy(function, name, value) if hasattr(value, "__dlpack__") else value
        )
    except ValueError as error:
        raise ValueError(f"{function}: {name} is not an array ({error})") from error
    if array.size > 0 and array.dtype.kind not in "iu":
        raise TypeError(f"{function}: {name} has dtype {array.dtype}, expected integers")
    require_dimensions(function, name, array, axes)
    if array.size == 0:
        return np.empty(array.shape, np.int64)
    if array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{function}: {name} holds {array.max()}, which is beyond 63 bits")
    return np.ascontiguousarray(array, np.int64)


def broadcast(
    function: str, name: str, array: NDArray[Any], shape: tuple[int, ...], axes: str
) -> NDArray[Any]:
    """`array` as if it had this shape, without a copy."""
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{function}: {name} has shape {array.shape}, which does not broadcast to {shape} "
            f"({axes})"
        ) from None


def mask(
    function: str, name: str, value: ArrayLike, shape: tuple[int, ...], axes: str
) -> NDArray[np.bool_]:
    """`value`, an array of bool, as if it had this shape."""
    array = to_numpy(function, name, value) if hasattr(value, "__dlpack__") else value
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{function}: {name} is {_describe(value)}, expected an array of bool")
    if array.dtype != np.bool_:
        raise TypeError(f"{function}: {name} has dtype {array.dtype}, expected bool")
    return broadcast(function, name, array, shape, axes)


def targets(function: str, name: str, value: ArrayLike) -> Array:
    """`value` as a vector or a matrix of float32 or float64."""
    array = value if type(value) is np.ndarray else to_numpy(function, name, value)
    _require_numbers(function, name, array)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{function}: {name} has {array.ndim} dimension{'s' * (array.ndim != 1)}, expected 1 "
            "(rows) or 2 (rows, targets)"
        )
    result: Array = array
    return result


def optional_weights(function: str, weights: ArrayLike | None, dtype: DTypeLike) -> Array | None:
    """Weights of rows in the dtype of the rows, or None."""
    return None if weights is None else vector(function, "weights", weights, dtype)


def list_of(function: str, name: str, value: ArrayLike) -> list[float]:
    """Numbers as a list of floats."""
    numbers: list[float] = vector(function, name, value, np.float64).tolist()
    return numbers
