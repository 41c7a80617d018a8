# SPDX-License-Identifier: Apache-2.0
"""The door for what is no array: specs and their parts, numbers, words."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bochner import _core
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KernelLike: TypeAlias = Any
"""An instance of one of `bochner.kernels`, or its text."""

FeaturesLike: TypeAlias = Any
"""An instance of one of `bochner.feature_functions`, or its text."""

ProjectionLike: TypeAlias = Any
"""An instance of one of `bochner.projections`, or its text."""

SpecLike: TypeAlias = "FeatureMapSpec | FeatureMap | str"
"""What says which map is meant: a spec, its text, or a map that was drawn from it."""


@contextlib.contextmanager
def refusals_of(function: str) -> Iterator[None]:
    """Refusals of what `function` calls are its own: they begin with its name."""
    try:
        yield
    except ValueError as error:
        head, colon, rest = str(error).partition(": ")
        if not colon or head == function:
            raise
        raise ValueError(f"{function}: {rest}") from None


def _parsed(function: str, name: str, text: str, parse: Any) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{function}: {name} is {text!r}: {error}") from None


def spec_of(function: str, value: SpecLike, name: str = "spec") -> FeatureMapSpec:
    """A spec from itself, its text or a map."""
    if isinstance(value, FeatureMapSpec):
        return value
    if isinstance(value, FeatureMap):
        return value.spec
    if isinstance(value, str):
        parsed: FeatureMapSpec = _parsed(function, name, value, FeatureMapSpec.parse)
        return parsed
    raise TypeError(
        f"{function}: {name} is {type(value).__name__}, expected a FeatureMapSpec or its text"
    )


def specs_of(function: str, value: SpecLike | Sequence[SpecLike]) -> list[FeatureMapSpec]:
    """One spec or several, at least one."""
    each = one_or_several(function, "specs", value, (FeatureMapSpec, FeatureMap))
    return [spec_of(function, spec, f"specs[{i}]") for i, spec in enumerate(each)]


def _alternative(
    function: str, name: str, value: object, classes: tuple[type, ...], parse: Any, what: str
) -> Any:
    if isinstance(value, classes):
        return value
    if isinstance(value, str):
        return _parsed(function, name, value, parse)
    found = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    raise TypeError(f"{function}: {name} is {found}, expected {what} or its text")


def kernel_of(function: str, value: KernelLike) -> Any:
    """A kernel from itself or its text."""
    return _alternative(
        function, "kernel", value, _core.kernels, _core.parse_kernel, "a kernel (bochner.kernels)"
    )


def features_of(function: str, value: FeaturesLike, name: str = "features") -> Any:
    """A feature function from itself or its text."""
    return _alternative(
        function,
        name,
        value,
        _core.feature_functions,
        _core.parse_features,
        "a feature function (bochner.feature_functions)",
    )


def projection_of(function: str, value: ProjectionLike, name: str = "projection") -> Any:
    """A projection from itself or its text."""
    return _alternative(
        function,
        name,
        value,
        _core.projections,
        _core.parse_projection,
        "a projection (bochner.projections)",
    )


def integer(
    function: str, name: str, value: object, least: int | None = None, most: int = 2**63 - 1
) -> int:
    """A whole number in [least, most]."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{function}: {name} is {value!r}, expected an integer")
    number = int(value)
    if least is not None and number < least:
        raise ValueError(f"{function}: {name} is {number}, expected at least {least}")
    if number > most:
        raise ValueError(f"{function}: {name} is {number}, expected at most {most}")
    return number


def seed_of(function: str, value: object) -> int:
    """A seed: an integer of 64 bits."""
    return integer(function, "seed", value, 0, 2**64 - 1)


def real(function: str, name: str, value: object) -> float:
    """A finite number."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{function}: {name} is {value!r}, expected a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{function}: {name} is {number}, expected a finite number")
    return number


def positive(function: str, name: str, value: object) -> float:
    """A finite number above 0."""
    number = real(function, name, value)
    if number <= 0:
        raise ValueError(f"{function}: {name} is {number}, expected a positive number")
    return number


def not_negative(function: str, name: str, value: object) -> float:
    """A finite number, at least 0."""
    number = real(function, name, value)
    if number < 0:
        raise ValueError(f"{function}: {name} is {number}, expected at least 0")
    return number


def fraction(function: str, name: str, value: object) -> float:
    """A number between 0 and 1, neither included."""
    number = real(function, name, value)
    if not 0 < number < 1:
        raise ValueError(f"{function}: {name} is {number}, expected a number between 0 and 1")
    return number


def word(function: str, name: str, value: object, words: Sequence[str]) -> str:
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
    return sorted({integer(function, name, each, 1) for each in several(function, name, value)})
