# SPDX-License-Identifier: Apache-2.0
"""Results as tables of a spreadsheet, and panels as figures."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from bochner.training._whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bochner._results import Result


def csv_of(result: Result, columns: Mapping[str, object]) -> str:
    """Members of a result that are columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    values = [getattr(result, name).tolist() for name in columns]
    writer.writerows(zip(*values, strict=True))
    return text.getvalue()


def draw_into(file: Path, panels: Sequence[Callable[..., object]]) -> None:
    """A figure of panels side by side; ImportError where there is no matplotlib."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("figures need matplotlib: pip install bochner[plot]") from error
    figure = Figure(figsize=(6.4 * len(panels), 4.8), layout="constrained")
    for ax, draw in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        draw(ax)
    with rc_context({"svg.hashsalt": file.stem}):  # the same figure, the same bytes
        write_whole(file, lambda out: figure.savefig(out, format="svg", metadata={"Date": None}))
