# SPDX-License-Identifier: Apache-2.0
"""The door of specs and their parts."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeAlias

from bochner import _core
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap
from bochner._options import one_or_several

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
    if isinstance(value, FeatureMap):
        return value.spec
    return _core.spec_of(f"{function}: {name}", value)


def specs_of(function: str, value: SpecLike | Sequence[SpecLike]) -> list[FeatureMapSpec]:
    """One spec or several, at least one."""
    each = one_or_several(function, "specs", value, (FeatureMapSpec, FeatureMap))
    return [spec_of(function, spec, f"specs[{i}]") for i, spec in enumerate(each)]


def kernel_of(function: str, value: KernelLike, name: str = "kernel") -> Any:
    """A kernel from itself or its text."""
    return _core.kernel_of(f"{function}: {name}", value)


def kernels_of(function: str, value: KernelLike | Sequence[KernelLike]) -> list[Any]:
    """One kernel or several; none where the list is empty."""
    given = [value] if isinstance(value, (str, *_core.kernels)) else value
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"{function}: kernels is {value!r}, expected kernels")
    return [kernel_of(function, each, f"kernels[{i}]") for i, each in enumerate(given)]


def features_of(function: str, value: FeaturesLike, name: str = "features") -> Any:
    """A feature function from itself or its text."""
    return _core.features_of(f"{function}: {name}", value)


def projection_of(function: str, value: ProjectionLike, name: str = "projection") -> Any:
    """A projection from itself or its text."""
    return _core.projection_of(f"{function}: {name}", value)
