# SPDX-License-Identifier: Apache-2.0
"""How files of rows are read."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from bochner._options import one_of, whole, word

if TYPE_CHECKING:
    from collections.abc import Sequence

Columns: TypeAlias = "str | int | Sequence[str | int]"

Format: TypeAlias = Literal["automatic", "npy", "csv", "svmlight"]
Header: TypeAlias = Literal["automatic", "present", "absent"]
Delimiter: TypeAlias = Literal["automatic", "comma", "semicolon", "tab", "blanks"]
Decimal: TypeAlias = Literal["point", "comma"]
Leading: TypeAlias = Literal["refuse", "flatten"]
Label: TypeAlias = Literal["column", "left-out"]

_WORDS = {
    "format": get_args(Format),
    "header": get_args(Header),
    "delimiter": get_args(Delimiter),
    "decimal": get_args(Decimal),
    "leading": get_args(Leading),
    "label": get_args(Label),
}


@dataclasses.dataclass(frozen=True)
class ReadOptions:
    """How a table is written. What is "automatic" is detected from the beginning of the file.

    Attributes
    ----------
    columns, drop : column or sequence of columns
        The inputs of a fit: those to keep, and then those to leave out; nothing of either means all
        that have no other role. A column is a name, a number counted from 1, or a range such as
        "2-5"; a name that could be a number is written in quotes: '"2"'.
    format : {"automatic", "npy", "csv", "svmlight"}
    header : {"automatic", "present", "absent"}
        Whether the first line of a text holds names.
    delimiter : {"automatic", "comma", "semicolon", "tab", "blanks"}
    decimal : {"point", "comma"}
    leading : {"refuse", "flatten"}
        What to do with an array of more than two dimensions: "flatten" makes all but the last rows.
    first_index : int
        Of svmlight text: 1, or 0 where the file counts from 0.
    width : int, optional
        Columns of svmlight text beside the label; else as the largest index says.
    label : {"column", "left-out"}
        Whether the label of svmlight text is a column.

    Raises
    ------
    TypeError, ValueError
        On another value of one of them.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.ReadOptions(delimiter="semicolon", decimal="comma").delimiter
    'semicolon'
    """

    columns: Columns = ()
    drop: Columns = ()
    format: Format = "automatic"
    header: Header = "automatic"
    delimiter: Delimiter = "automatic"
    decimal: Decimal = "point"
    leading: Leading = "refuse"
    first_index: int = 1
    width: int | None = None
    label: Label = "column"

    def __post_init__(self) -> None:
        self._plain()

    def _plain(self) -> dict[str, Any]:
        owner = "ReadOptions"
        return {
            "columns": selection_of(owner, "columns", self.columns),
            "drop": selection_of(owner, "drop", self.drop),
            "first_index": whole(owner, "first_index", self.first_index, 0, 1),
            "width": None if self.width is None else whole(owner, "width", self.width, 0),
            **{
                name: one_of(owner, name, getattr(self, name), known)
                for name, known in _WORDS.items()
            },
        }


def selection_of(function: str, name: str, value: Any) -> list[str]:
    """Entries of a selection of columns."""
    entries = [value] if isinstance(value, (str, int, np.integer)) else value
    if not isinstance(entries, (list, tuple)):
        raise TypeError(f"{function}: {name} is {value!r}, expected columns")
    out = []
    for entry in entries:
        if isinstance(entry, str):
            out.append(word(function, name, entry))
        else:
            out.append(str(whole(function, name, entry, 1)))
    return out


def reading_of(function: str, reading: object) -> dict[str, Any]:
    """ReadOptions, checked, as plain values."""
    if reading is None:
        reading = ReadOptions()
    if not isinstance(reading, ReadOptions):
        raise TypeError(f"{function}: reading is {type(reading).__name__}, expected ReadOptions")
    return reading._plain()


def is_file(data: object) -> bool:
    """Whether data are in a file, not an array."""
    return isinstance(data, (str, os.PathLike))
