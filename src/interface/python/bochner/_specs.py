# SPDX-License-Identifier: Apache-2.0
"""The door of specs and their parts."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeAlias

from bochner import _core
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap
from bochner._options import one_or_several, parsed

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
    except (TypeError, ValueError) as error:
        head, colon, rest = str(error).partition(": ")
        if not colon or head == function:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{function}: {rest}") from None


def spec_of(function: str, value: SpecLike, name: str = "spec") -> FeatureMapSpec:
    """A spec from itself, its text or a map."""
    if isinstance(value, FeatureMapSpec):
        return value
    if isinstance(value, FeatureMap):
        return value.spec
    if isinstance(value, str):
        spec: FeatureMapSpec = parsed(function, name, value, FeatureMapSpec.parse)
        return spec
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
        return parsed(function, name, value, parse)
    found = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    raise TypeError(f"{function}: {name} is {found}, expected {what} or its text")


def kernel_of(function: str, value: KernelLike, name: str = "kernel") -> Any:
    """A kernel from itself or its text."""
    return _alternative(
        function, name, value, _core.kernels, _core.parse_kernel, "a kernel (bochner.kernels)"
    )


def kernels_of(function: str, value: KernelLike | Sequence[KernelLike]) -> list[Any]:
    """One kernel or several; none where the list is empty."""
    given = [value] if isinstance(value, (str, *_core.kernels)) else value
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"{function}: kernels is {value!r}, expected kernels")
    return [kernel_of(function, each, f"kernels[{i}]") for i, each in enumerate(given)]


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
