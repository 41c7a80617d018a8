# SPDX-License-Identifier: Apache-2.0
"""What results have in common: they print as tables and convert to dicts and data frames."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def _cell(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=6, threshold=6, edgeitems=3).replace("\n", "")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return repr(value)
    return str(value)


def table(names: list[str], columns: list[Any]) -> str:
    cells = [
        [name, *(_cell(value) for value in column)]
        for name, column in zip(names, columns, strict=True)
    ]
    widths = [max(map(len, column)) for column in cells]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*cells, strict=True)
    )


def _same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        first, second = np.asarray(a), np.asarray(b)
        return np.array_equal(first, second, equal_nan="f" in (first.dtype.kind, second.dtype.kind))
    return a == b or (a != a and b != b)


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """A record of named results.

    ``print`` shows it as a table, `to_dict` gives plain values, and `to_frame` a pandas DataFrame:
    one row per entry where all members are vectors of one length, otherwise one row.
    """

    def to_dict(self) -> dict[str, Any]:
        """The members by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(map(_same, self.to_dict().values(), other.to_dict().values()))

    def __hash__(self) -> int:
        return hash((type(self), *self.to_dict().values()))

    def _columns(self) -> dict[str, Any] | None:
        """Members as columns, where all are vectors of one length."""
        members = self.to_dict()
        lengths = {
            value.shape[0] if isinstance(value, np.ndarray) and value.ndim == 1 else -1
            for value in members.values()
        }
        return members if len(lengths) == 1 and -1 not in lengths else None

    def to_frame(self) -> pd.DataFrame:
        """As a pandas DataFrame.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        import pandas as pd

        columns = self._columns()
        frame: pd.DataFrame = pd.DataFrame(columns if columns is not None else [self.to_dict()])
        return frame

    def __str__(self) -> str:
        columns = self._columns()
        if columns is not None:
            return table(list(columns), list(columns.values()))
        members = self.to_dict()
        width = max(map(len, members), default=0)
        return "\n".join(f"{name.ljust(width)}  {_cell(value)}" for name, value in members.items())


def arrays_of(members: dict[str, Any]) -> dict[str, Any]:
    """Lists of numbers as arrays."""
    return {
        name: np.array(value, np.float64) if isinstance(value, list) else value
        for name, value in members.items()
    }
