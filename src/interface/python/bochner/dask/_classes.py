# SPDX-License-Identifier: Apache-2.0
"""Labels of any kind over partitions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner.dask._blocks import Layout


@dataclasses.dataclass
class Labels:
    """The distinct labels of some partitions, ascending; None before the first."""

    values: NDArray[Any] | None

    def copy(self) -> Self:
        """The same."""
        return dataclasses.replace(self)

    def merge(self, other: Labels) -> Self:
        """Take in those of others."""
        if self.values is None or other.values is None:
            self.values = other.values if self.values is None else self.values
        else:
            self.values = np.union1d(self.values, other.values)
        return self


def _known(values: NDArray[Any]) -> NDArray[Any]:
    """Labels that compare."""
    missing = values != values  # NaN, and what pandas has for it
    if values.dtype.kind == "O":
        missing |= np.array([value is None for value in values], bool)
    if missing.any():
        raise ValueError(f"y: row {int(np.argmax(missing))} has no label")
    return values


@dataclasses.dataclass(frozen=True)
class DistinctLabels:
    """Those of a partition."""

    layout: Layout

    def __call__(self, y: Any) -> Labels:
        values = _known(self.layout.values_of(y)) if len(y) else None
        return Labels(None if values is None else np.unique(values))


@dataclasses.dataclass(frozen=True)
class Codes:
    """Labels as whole numbers from 0, by their place among the classes."""

    layout: Layout
    classes: NDArray[Any]

    def __call__(self, y: Any) -> NDArray[np.int64]:
        labels = _known(self.layout.values_of(y))
        codes = np.searchsorted(self.classes, labels)
        found = self.classes[np.minimum(codes, self.classes.size - 1)] == labels
        if not np.all(found):
            row = int(np.argmin(found))
            label = labels[row : row + 1].tolist()[0]
            raise ValueError(f"y: row {row} is {label!r}, expected one of classes, {self.classes}")
        return codes.astype(np.int64, copy=False)


@dataclasses.dataclass(frozen=True)
class Signs:
    """Targets of one-versus-rest least squares: 1 in the column of the class, -1 elsewhere."""

    codes: Codes

    def __call__(self, y: Any) -> NDArray[np.float64]:
        codes = self.codes(y)
        targets = np.full((codes.size, self.codes.classes.size), -1.0)
        targets[np.arange(codes.size), codes] = 1.0
        return targets


@dataclasses.dataclass(frozen=True)
class Nothing:
    """Targets of zero, where only the features count; the labels are looked at all the same."""

    codes: Codes

    def __call__(self, y: Any) -> NDArray[np.float64]:
        return np.zeros(self.codes(y).size)
