# SPDX-License-Identifier: Apache-2.0
"""Files of rows, read as the command line and `fit` read them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from bochner import _core
from bochner._options import path
from bochner._reading import ReadOptions, reading_of
from bochner._results import Result

if TYPE_CHECKING:
    import os

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class Table(Result):
    """The rows of a file, and what identifies them.

    Attributes
    ----------
    rows : array of shape (n, columns)
    columns : tuple of str
        Names; empty where the file has none.
    layout : str
        What was found: "CSV, comma, header, 9 columns".
    digest : str
        SHA-256 of the file.
    counted : str
        What `lines` are: "line" of a text, "row" of an array.
    lines : array of shape (n,)
        Where each row stands in the file, from 1.
    """

    rows: NDArray[np.float64]
    columns: tuple[str, ...]
    layout: str
    digest: str
    counted: str
    lines: NDArray[np.int64]

    def to_frame(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame, with the names of the columns.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        import pandas as pd

        frame: pd.DataFrame = pd.DataFrame(self.rows, columns=list(self.columns) or None)
        return frame


def read_table(file: str | os.PathLike[str], *, reading: ReadOptions | None = None) -> Table:
    r"""All rows of a file of numbers.

    Parameters
    ----------
    file : path
        Of a .npy, .npz (``file.npz:name``), text or svmlight file, whose format is detected from
        its content.
    reading : ReadOptions, optional
        How it is written, and which columns to read.

    Returns
    -------
    Table

    Raises
    ------
    OSError
        For what is wrong with the file, naming the line, or the row and column, and for a file
        without rows or larger than this process's memory may be.
    ValueError
        For an option that says nothing about the format that was found.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import bochner as bo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "people.csv")
    ...     _ = file.write_text("age,height,weight\n31,1.7,70\n42,1.8,80\n")
    ...     table = bo.read_table(file, reading=bo.ReadOptions(columns=["age", 3]))
    >>> table.columns, table.rows.tolist()
    (('age', 'weight'), [[31.0, 70.0], [42.0, 80.0]])
    """
    function = "read_table"
    found: dict[str, Any] = _core.read_table(
        path(function, "file", file), reading_of(function, reading)
    )
    return Table(**{**found, "columns": tuple(found["columns"])})
