# SPDX-License-Identifier: Apache-2.0
"""The door of studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, doubles
from bochner._options import one_or_several, whole
from bochner._specs import ProjectionLike, projection_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bochner._core.options import FeatureMapSpec

Strings: TypeAlias = "NDArray[np.str_]"
Doubles: TypeAlias = "NDArray[np.float64]"
Integers: TypeAlias = "NDArray[np.int64]"

FREQUENCIES = (16, 64, 256, 1024, 4096)


def require_finite(function: str, name: str, x: NDArray[Any]) -> None:
    """Refuse NaN and infinity, by row and column."""
    finite = np.isfinite(x)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise ValueError(
            f"{function}: {name}, row {row}, column {column} is {x[row, column]}, expected a "
            "finite number"
        )


def inputs_of(
    function: str, name: str, value: ArrayLike, specs: Sequence[FeatureMapSpec]
) -> NDArray[np.float64]:
    """Rows in float64, at least one, that all specs are for."""
    x = doubles(function, name, value, "rows, columns")
    if x.shape[0] < 1:
        raise ValueError(f"{function}: {name} has no rows, expected at least one")
    for i, spec in enumerate(specs):
        if spec.input_dim != x.shape[1]:
            raise ValueError(
                f"{function}: {name} has {x.shape[1]} columns, expected {spec.input_dim} (the "
                f"input_dim of specs[{i}])"
            )
    require_finite(function, name, x)
    return x


def require_studied(function: str, specs: Sequence[FeatureMapSpec]) -> None:
    """Refuse specs that studies have no closed form for."""
    for i, spec in enumerate(specs):
        gap = _core.study_gap(spec.kernel, spec.projection, spec.features)
        if gap is not None:
            raise ValueError(f"{function}: specs[{i}]: {gap}")


def replicates_of(function: str, name: str, value: object) -> int:
    """Independent draws: none, or enough for a variance."""
    count = whole(function, name, value, 0)
    if count == 1:
        raise ValueError(
            f"{function}: {name} is 1, and one draw has no variance; expected 0 (closed forms "
            "alone), or at least 2"
        )
    return count


def projections_of(
    function: str, value: ProjectionLike | Sequence[ProjectionLike]
) -> list[ProjectionLike]:
    """One projection or several, at least one."""
    each = one_or_several(function, "projections", value, _core.projections)
    return [projection_of(function, one, "projections") for one in each]
