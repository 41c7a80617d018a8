# SPDX-License-Identifier: Apache-2.0
"""The door of what is known in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, doubles
from bochner._specs import SpecLike, spec_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bochner._core.options import FeatureMapSpec

Values: TypeAlias = "float | NDArray[np.float64]"
"""A number for one pair; an array of one number per row for rows."""


def closed_form(function: str, spec: SpecLike) -> FeatureMapSpec:
    """A spec whose variance has a closed form."""
    found = spec_of(function, spec)
    gap = _core.closed_form_gap(found)
    if gap is not None:
        raise ValueError(f"{function}: {gap}")
    return found


def per_pair(table: NDArray[Any], one: bool) -> list[Any]:
    """The rows of a table of results: as numbers where there is one pair."""
    return [float(row[0]) for row in table] if one else list(table)


def in_double(*arrays: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Arrays in float64: themselves, or copies of those in float32."""
    return tuple(array.astype(np.float64, copy=False) for array in arrays)


def entries_of(function: str, name: str, value: ArrayLike, dim: int) -> NDArray[np.float64]:
    """An input of the map, contiguous and in float64."""
    array = doubles(function, name, value, "entries")
    if array.shape[0] != dim:
        raise ValueError(
            f"{function}: {name} has {array.shape[0]} entries, expected {dim} (the spec's "
            "input_dim)"
        )
    return np.ascontiguousarray(array)
