# SPDX-License-Identifier: Apache-2.0
"""The door of options: numbers, words and flags, checked before the library sees them."""

from __future__ import annotations

import math
import operator
import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

_MOST = 2**63 - 1


def whole(function: str, name: str, value: object, least: int = -(2**63), most: int = _MOST) -> int:
    """An integer from `least` to `most`; NumPy's integers are accepted, True is not."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{function}: {name} is {value!r}, expected an integer")
    if not least <= value <= most:
        limits = f"at least {least}" if most == _MOST else f"{least} to {most}"
        raise ValueError(f"{function}: {name} is {value}, expected {limits}")
    return operator.index(value)


def seed_of(function: str, value: object, name: str = "seed") -> int:
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


def finite(function: str, name: str, value: object) -> float:
    """A finite number."""
    number = real(function, name, value)
    if not math.isfinite(number):
        raise ValueError(f"{function}: {name} is {value}, expected a finite number")
    return number


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


def words(function: str, name: str, values: object) -> list[str]:
    """Words in a sequence; one alone is refused, as it would be taken letter by letter."""
    if isinstance(values, str) or not isinstance(values, (list, tuple)):
        raise TypeError(f"{function}: {name} is {values!r}, expected a sequence of words")
    return [word(function, name, value) for value in values]


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


def positive(function: str, name: str, value: object) -> float:
    """A finite number above 0."""
    number = finite(function, name, value)
    if number <= 0:
        raise ValueError(f"{function}: {name} is {number}, expected a positive number")
    return number


def not_negative(function: str, name: str, value: object) -> float:
    """A finite number, at least 0."""
    number = finite(function, name, value)
    if number < 0:
        raise ValueError(f"{function}: {name} is {number}, expected at least 0")
    return number


def fraction(function: str, name: str, value: object) -> float:
    """A number between 0 and 1, neither included."""
    number = finite(function, name, value)
    if not 0 < number < 1:
        raise ValueError(f"{function}: {name} is {number}, expected a number between 0 and 1")
    return number


def one_of(function: str, name: str, value: object, words: Sequence[str]) -> str:
    """One of some words."""
    if isinstance(value, str) and value in words:
        return value
    raise ValueError(f"{function}: {name} is {value!r}, expected one of {', '.join(words)}")


def several(function: str, name: str, value: object) -> list[Any]:
    """The entries of a list, tuple, range or array of one dimension, at least one."""
    if isinstance(value, np.ndarray):
        if value.ndim != 1:
            raise ValueError(f"{function}: {name} has {value.ndim} dimensions, expected 1")
        value = list(value)
    if not isinstance(value, (list, tuple, range)):
        raise TypeError(f"{function}: {name} is {value!r}, expected a list")
    if not value:
        raise ValueError(f"{function}: {name} is empty, expected at least one entry")
    return list(value)


def one_or_several(function: str, name: str, value: object, classes: tuple[type, ...]) -> list[Any]:
    """A text or an instance of these classes as a list of one, or the entries of a list."""
    return [value] if isinstance(value, (str, *classes)) else several(function, name, value)


def frequencies_of(function: str, value: object, name: str = "frequencies") -> list[int]:
    """Numbers of frequencies, ascending, each once."""
    return sorted({whole(function, name, each, 1) for each in several(function, name, value)})


def dtype_of(single: bool) -> np.dtype[Any]:
    """The dtype of a scalar."""
    return np.dtype(np.float32 if single else np.float64)
