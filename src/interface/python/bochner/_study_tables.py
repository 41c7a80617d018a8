# SPDX-License-Identifier: Apache-2.0
"""Tables that compare the maps of the literature."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from bochner import _core
from bochner._arrays import threads
from bochner._options import one_of, seed_of
from bochner._results import Result
from bochner._study_inputs import Doubles, Strings, replicates_of

_TABLES = ("equal-columns", "attention-matrix")


@dataclasses.dataclass(frozen=True, eq=False)
class StudyTable(Result):
    """A table that compares the maps of the literature at equal columns.

    One entry a map and place. `to_frame` has the columns that
    ``bochner variance --table NAME --json`` gives each cell.

    Attributes
    ----------
    title, remark : str
        What the numbers are.
    map : array of str
    group, at : array of str
        The place: ``"d 16"``, ``"|z|^2 0.25"``.
    predicted : array
    measured, measured_error : array
        With one standard error; NaN where nothing was measured.
    """

    title: str
    remark: str
    map: Strings
    group: Strings
    at: Strings
    predicted: Doubles
    measured: Doubles
    measured_error: Doubles

    def _columns(self) -> dict[str, Any]:
        apart = ("title", "remark")
        return {name: value for name, value in self.to_dict().items() if name not in apart}


def study_table(
    name: Literal["equal-columns", "attention-matrix"],
    *,
    replicates: int = 0,
    seed: int = 1,
    num_threads: int | None = None,
) -> StudyTable:
    """Compare the maps of the literature at equal columns of the softmax kernel.

    "equal-columns": ``F Var K / k^2`` with F = 2 d columns, d = 16 and 64, at ``|x + y|^2`` from
    1/4 to 8, parameters optimal at each pair; measured up to 1, since beyond it draws that no
    sample sees carry the variance. "attention-matrix": ``E |A^ - A|_F^2 / |A|_F^2`` with 16, 64 and
    256 columns, ``A = exp(x_i . y_j)`` for 512 normal rows each, d = 16, mean ``|x + y|^2`` = 2.

    Parameters
    ----------
    name : {"equal-columns", "attention-matrix"}
    replicates : int
        Draws to measure; 0: closed forms alone.
    seed : int
    num_threads : int, optional

    Returns
    -------
    StudyTable

    Raises
    ------
    TypeError, ValueError
        On other arguments.

    Examples
    --------
    >>> import bochner as bo
    >>> table = bo.study_table("equal-columns")
    >>> print(table.map[0], table.group[0], table.at[0], f"{table.predicted[0]:.3f}")
    positive iid d 16 |z|^2 0.25 0.284
    """
    function = "study_table"
    name = one_of(function, "name", name, _TABLES)  # type: ignore[assignment]
    draws = replicates_of(function, "replicates", replicates)
    found = _core.study_table(name, draws, seed_of(function, seed), threads(function, num_threads))
    maps, groups, places, *values = zip(*found["cells"], strict=True)
    predicted, measured, error = np.array(values)
    nothing = error == 0
    return StudyTable(
        found["title"],
        found["remark"],
        np.array(maps),
        np.array(groups),
        np.array(places),
        predicted,
        np.where(nothing, np.nan, measured),
        np.where(nothing, np.nan, error),
    )
