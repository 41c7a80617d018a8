# SPDX-License-Identifier: Apache-2.0
"""The door of options: numbers, words and flags, checked before the library sees them."""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

_MOST = 2**63 - 1


def whole(function: str, name: str, value: object, least: int = 0, most: int = _MOST) -> int:
    """An integer from `least` to `most`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{function}: {name} is {value!r}, expected an integer")
    if not least <= value <= most:
        limits = f"at least {least}" if most == _MOST else f"{least} to {most}"
        raise ValueError(f"{function}: {name} is {value}, expected {limits}")
    return operator.index(value)


def seed(function: str, value: object, name: str = "seed") -> int:
    """A seed: 64 bits."""
    return whole(function, name, value, 0, 2**64 - 1)


def real(function: str, name: str, value: object) -> float:
    """A number; its range is for the library to judge."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{function}: {name} is {value!r}, expected a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{function}: {name} is too large for a float") from None


def flag(function: str, name: str, value: object) -> bool:
    """True or False, not what merely looks like one."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{function}: {name} is {value!r}, expected True or False")
    return bool(value)


def _utf8(function: str, name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{function}: {name} is {value!r}, which UTF-8 has no bytes for") from None
    return value


def word(function: str, name: str, value: object) -> str:
    """A word; whether it is one of those known is for the library to judge."""
    if not isinstance(value, str):
        raise TypeError(f"{function}: {name} is {value!r}, expected a word")
    return _utf8(function, name, value)


def path(function: str, name: str, value: object) -> str:
    """A path as text."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{function}: {name} is {value!r}, expected a path")
    text = os.fspath(value)
    if not isinstance(text, str):
        raise TypeError(f"{function}: {name} is {text!r}, expected a path that is text")
    return _utf8(function, name, text)


def is_single(function: str, dtype: DTypeLike) -> bool:
    """Whether a dtype, float32 or float64, is the former."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{function}: dtype is {dtype!r}, expected float32 or float64") from None
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise TypeError(f"{function}: dtype is {found}, expected float32 or float64")
    return bool(found == np.dtype(np.float32))


def function_or_none(function: str, name: str, value: Any) -> Any:
    """What can be called, or None."""
    if value is not None and not callable(value):
        raise TypeError(f"{function}: {name} is {value!r}, expected a function or None")
    return value
