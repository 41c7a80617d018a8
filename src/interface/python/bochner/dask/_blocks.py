# SPDX-License-Identifier: Apache-2.0
"""What a partition holds, as the arrays that the library takes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SINGLE = np.dtype(np.float32)
_DOUBLE = np.dtype(np.float64)


def scalar_of(name: str, dtypes: list[Any]) -> np.dtype[Any]:
    """float32 where all columns are, otherwise float64; refuses what is no number."""
    for dtype in dtypes:
        if getattr(dtype, "kind", "O") not in "fiub":
            raise TypeError(f"{name} has dtype {dtype}, expected numbers")
    return _SINGLE if dtypes and all(dtype == _SINGLE for dtype in dtypes) else _DOUBLE


@dataclasses.dataclass(frozen=True)
class Layout:
    """What every partition of a collection must look like.

    Attributes
    ----------
    name : str
        Of the argument.
    columns : tuple or None
        Names of a dataframe's columns; of a series its own; None for an array.
    dtype : dtype
        Of the rows in the library.
    dimensions : int
        2 for rows of columns, 1 for one number per row.
    """

    name: str
    columns: tuple[Any, ...] | None
    dtype: np.dtype[Any]
    dimensions: int

    def rows_of(self, block: Any) -> NDArray[Any]:
        """A partition as an array of this layout."""
        array = self._from_array(block) if self.columns is None else self._from_frame(block)
        # What came over a network may begin anywhere.
        return np.require(array, requirements="A")

    def values_of(self, block: Any) -> NDArray[Any]:
        """One value a row, of whatever kind: labels and groups."""
        array = np.asarray(block)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            raise ValueError(f"{self.name} has {array.ndim} dimensions, expected 1 (rows)")
        return array

    def _from_array(self, block: Any) -> NDArray[Any]:
        array = np.asarray(block)
        self._require_dimensions(array)
        self._require(array.dtype, self.name)
        return array.astype(self.dtype, copy=False)

    def _from_frame(self, block: Any) -> NDArray[Any]:
        if not hasattr(block, "to_numpy"):
            raise TypeError(f"{self.name} is {type(block).__name__}, expected a dataframe's part")
        if self.dimensions == 2:
            found, expected = list(block.columns), list(self.columns or ())
            if found != expected:
                if len(found) != len(expected) or set(found) != set(expected):
                    raise ValueError(
                        f"{self.name} has the columns {found}, expected {expected} in any order"
                    )
                block = block[expected]
            for column, dtype in zip(expected, block.dtypes, strict=True):
                self._require(dtype, f"{self.name}: column {column!r}")
        else:
            self._require(block.dtype, self.name)
        array: NDArray[Any] = block.to_numpy(dtype=self.dtype, na_value=np.nan)
        return array

    def _require_dimensions(self, array: NDArray[Any]) -> None:
        if array.ndim != self.dimensions:
            axes = "rows, columns" if self.dimensions == 2 else "rows"
            raise ValueError(
                f"{self.name} has {array.ndim} dimensions, expected {self.dimensions} ({axes})"
            )

    def _require(self, dtype: Any, what: str) -> None:
        """Numbers that this layout's dtype holds: whole ones in double, no double in single."""
        kind = getattr(dtype, "kind", "O")
        plain = getattr(dtype, "numpy_dtype", dtype)
        fits = kind in "iub" or (kind == "f" and np.can_cast(plain, self.dtype, "safe"))
        if not fits or (kind in "iub" and self.dtype != _DOUBLE):
            raise TypeError(
                f"{what} has dtype {dtype}, expected {self.dtype}, that of the collection"
            )
