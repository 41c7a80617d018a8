# SPDX-License-Identifier: Apache-2.0
"""The door of every function that takes arrays: what comes in becomes NumPy's, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = "NDArray[np.float32] | NDArray[np.float64]"
"""A result: float32 or float64, as the input was."""

ArrayLike: TypeAlias = Any
"""A float32 or float64 array: NumPy's, or anything on the CPU with ``__dlpack__``."""

_SINGLE = np.dtype(np.float32)
_DOUBLE = np.dtype(np.float64)
_SCALARS = (_DOUBLE, _SINGLE)


def _describe(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _to_numpy(function: str, name: str, value: ArrayLike) -> NDArray[Any]:
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


def _require_numbers(function: str, name: str, array: NDArray[Any]) -> None:
    if array.dtype in _SCALARS and array.dtype.isnative:
        if array.flags.aligned:
            return
        raise TypeError(f"{function}: {name} is not aligned in memory; pass {name}.copy()")
    raise TypeError(f"{function}: {name} has dtype {array.dtype}, expected float32 or float64")


def _require_dimensions(function: str, name: str, array: NDArray[Any], axes: str) -> None:
    expected = axes.count(",") + 1
    if array.ndim != expected:
        raise ValueError(
            f"{function}: {name} has {array.ndim} dimension{'s' * (array.ndim != 1)}, expected "
            f"{expected} ({axes})"
        )


def numbers(function: str, name: str, value: ArrayLike, axes: str) -> Array:
    """`value` as an array of float32 or float64 with these axes ("rows, columns")."""
    if type(value) is not np.ndarray:
        value = _to_numpy(function, name, value)
    _require_numbers(function, name, value)
    _require_dimensions(function, name, value, axes)
    array: Array = value
    return array


def rows(function: str, name: str, value: ArrayLike) -> Array:
    """`value` as a matrix of float32 or float64."""
    # The way of nearly every call, kept short.
    if (
        type(value) is np.ndarray
        and value.ndim == 2
        and value.dtype in _SCALARS
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


def vector(function: str, name: str, value: ArrayLike, dtype: DTypeLike) -> Array:
    """A contiguous vector of this dtype: lists and integers are converted."""
    array = np.asarray(_to_numpy(function, name, value) if hasattr(value, "__dlpack__") else value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{function}: {name} has dtype {array.dtype}, expected numbers")
    _require_dimensions(function, name, array, "entries")
    converted: Array = np.ascontiguousarray(array, dtype=dtype)
    return converted


def output(
    function: str,
    out: ArrayLike | None,
    shape: tuple[int, ...],
    dtype: DTypeLike,
    name: str = "out",
) -> Array:
    """`out`, fit to be written, or a new array."""
    if out is None:
        return np.empty(shape, dtype)
    array = out if isinstance(out, np.ndarray) else _to_numpy(function, name, out)
    _require_numbers(function, name, array)
    if array.dtype != dtype:
        raise TypeError(
            f"{function}: {name} has dtype {array.dtype}, expected {np.dtype(dtype)}, that of the "
            "input"
        )
    if array.shape != shape:
        raise ValueError(f"{function}: {name} has shape {array.shape}, expected {shape}")
    if not array.flags.writeable:
        raise ValueError(f"{function}: {name} is read-only")
    result: Array = array
    return result


def threads(function: str, num_threads: int | None) -> int:
    """0 for None, which leaves the choice to OpenMP."""
    if num_threads is None:
        return 0
    if isinstance(num_threads, bool) or not isinstance(num_threads, (int, np.integer)):
        raise TypeError(f"{function}: num_threads is {num_threads!r}, expected an integer or None")
    if num_threads < 1:
        raise ValueError(f"{function}: num_threads is {num_threads}, expected at least 1 or None")
    return min(int(num_threads), np.iinfo(np.int32).max)


def targets(function: str, name: str, value: ArrayLike) -> Array:
    """`value` as a vector or a matrix of float32 or float64."""
    array = value if type(value) is np.ndarray else _to_numpy(function, name, value)
    _require_numbers(function, name, array)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{function}: {name} has {array.ndim} dimension{'s' * (array.ndim != 1)}, expected 1 "
            "(rows) or 2 (rows, targets)"
        )
    result: Array = array
    return result


def indices(function: str, name: str, value: ArrayLike) -> NDArray[np.int64]:
    """A contiguous vector of int64 from integers of any width; lists are converted."""
    array = np.asarray(_to_numpy(function, name, value) if hasattr(value, "__dlpack__") else value)
    if array.dtype.kind not in "iu" and array.size > 0:
        raise TypeError(f"{function}: {name} has dtype {array.dtype}, expected integers")
    _require_dimensions(function, name, array, "rows")
    if array.dtype.kind == "u" and array.size > 0 and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{function}: {name} holds {array.max()}, which is no int64")
    return np.ascontiguousarray(array, dtype=np.int64)
