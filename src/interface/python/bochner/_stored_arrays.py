# SPDX-License-Identifier: Apache-2.0
"""The door of functions that also take float16 and bfloat16, which are computed in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import (
    SCALARS,
    ArrayLike,
    output,
    require_aligned,
    require_dimensions,
    require_writable,
    to_numpy,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Stored: TypeAlias = "NDArray[Any]"
"""float32, float64 or float16; NumPy has no bfloat16, whose words are an array of uint16."""

StoredLike: TypeAlias = Any
"""An array of float32, float64, float16 or bfloat16: NumPy's, or any on the CPU with
``__dlpack__``."""

_HALF = np.dtype(np.float16)
_WORDS = np.dtype(np.uint16)
_SINGLE = np.dtype(np.float32)


def is_narrow(array: Stored) -> bool:
    return array.dtype in (_HALF, _WORDS)


def dtype_name(array: Stored) -> str:
    return "bfloat16" if array.dtype == _WORDS else str(array.dtype)


def _words_of(value: ArrayLike, words: Any) -> Stored | None:
    """The words of a bfloat16 array of another library, None of anything else."""
    if getattr(value, "requires_grad", False) is True or not hasattr(value, "__dlpack__"):
        return None
    try:
        found: Stored | None = words(value)
    except (BufferError, RuntimeError, TypeError, ValueError):
        return None
    return found


def _to_stored(
    function: str, name: str, value: ArrayLike, words: Any = _core.bfloat16_words
) -> Stored:
    try:
        array = to_numpy(function, name, value)
    except TypeError:
        found = _words_of(value, words)
        if found is None:
            raise
        array = found
    else:
        known = array.dtype in (*SCALARS, _HALF) and array.dtype.isnative
        if not known and array.dtype.name == "bfloat16":  # of the package ml_dtypes
            array = array.view(_WORDS)
        elif not known:
            raise TypeError(
                f"{function}: {name} has dtype {array.dtype}, expected float32, float64, float16 "
                "or bfloat16"
            )
    require_aligned(function, name, array)
    return array


def stored(function: str, name: str, value: StoredLike, axes: str) -> Stored:
    """`value` with these axes ("rows, columns")."""
    array = _to_stored(function, name, value)
    require_dimensions(function, name, array, axes)
    return array


def stored_like(
    function: str, name: str, value: StoredLike, axes: str, other: str, pattern: Stored
) -> Stored:
    """`value` with these axes, of the dtype that the argument `other` has."""
    array = stored(function, name, value, axes)
    if array.dtype != pattern.dtype:
        raise TypeError(
            f"{function}: {name} has dtype {dtype_name(array)} and {other} {dtype_name(pattern)}, "
            "expected one dtype for both"
        )
    return array


def stored_for(
    function: str, name: str, value: StoredLike, axes: str, other: str, dtype: np.dtype[Any]
) -> Stored:
    """`value` with these axes, of this dtype or, where that is float32, a narrow one."""
    array = stored(function, name, value, axes)
    if array.dtype != dtype and not (dtype == _SINGLE and is_narrow(array)):
        raise TypeError(
            f"{function}: {name} has dtype {dtype_name(array)} and {other} {dtype}, expected one "
            "dtype for both"
        )
    return array


def stored_output(
    function: str, out: StoredLike | None, shape: tuple[int, ...], pattern: Stored
) -> tuple[Stored, Any]:
    """Where to write results of inputs like `pattern`, and what to return: `out` if there is one.

    float32 for narrow inputs; an `out` of their own dtype will do, too.
    """
    if not is_narrow(pattern):
        array = output(function, out, shape, pattern.dtype)
        return array, array
    if out is None:
        array = np.empty(shape, _SINGLE)
        return array, array
    array = _to_stored(function, "out", out, _core.bfloat16_words_to_write)
    if array.dtype not in (_SINGLE, pattern.dtype):
        raise TypeError(
            f"{function}: out has dtype {dtype_name(array)}, expected float32 or "
            f"{dtype_name(pattern)}, that of the input"
        )
    require_writable(function, "out", array, shape)
    return array, out if array.dtype == _WORDS else array
