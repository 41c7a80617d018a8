# SPDX-License-Identifier: Apache-2.0
"""A study of attentions as a page: sentences, tables and figures."""

from __future__ import annotations

import importlib.util
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner.plot._axes import finished, ticks_at
from bochner.training._attentions import label_of
from bochner.training._kernel_summary import kernel_rows, sentences
from bochner.training._report_files import csv_of, draw_into
from bochner.training._tasks import unit_of
from bochner.training._whole_files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from bochner._study_inputs import Integers, Strings
    from bochner.training._kernel_study import AttentionKernels
    from bochner.training._kernel_summary import KernelRow
    from bochner.training._training_costs import TrainingCosts


# Of matplotlib, one for each of a dozen attentions.
_COLOURS = (*(f"C{i}" for i in range(10)), "black", "gold")


def _number(value: float, form: str = ".3g") -> str:
    return "-" if math.isnan(value) else format(value, form)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells) + "\n"


def _cells(row: KernelRow) -> list[str]:
    return [
        row.name,
        f"{row.done} of {row.runs}",
        str(row.at_steps),
        _number(row.spreads, ".2f"),
        str(row.at_seconds),
        _number(row.steps_at_seconds.value, ".0f"),
        _number(row.milliseconds.value),
        _number(row.negative),
        _number(row.underflowed),
        "; ".join(row.remarks).replace("|", "\\|"),
    ]


_HEADER = (
    "attention",
    "runs",
    "at equal steps",
    "above exact, in its spreads",
    "at equal time",
    "steps in that time",
    "ms per step",
    "negative normalisers",
    "zero normalisers",
    "remarks",
)


def kernels_page(study: AttentionKernels, costs: TrainingCosts | None) -> str:
    """The study as Markdown; all numbers are means over seeds with one standard error."""
    rows = kernel_rows(study)
    parts = ["# Attention kernels\n", "\n".join(f"* {each}" for each in sentences(rows)) + "\n"]
    for question in dict.fromkeys(row.question for row in rows):
        mine = [row for row in rows if row.question == question]
        parts += [f"## {question}, {unit_of(question)}\n", _table(_HEADER, map(_cells, mine))]
    if costs is not None:
        parts += ["## Time and memory of a step, per token\n", _costs_table(costs)]
    return "\n".join(parts)


def _costs_table(costs: TrainingCosts) -> str:
    lengths = sorted(set(costs.length.tolist()))
    cells: dict[str, dict[int, str]] = {}
    for attention, window, length, status, time, size in zip(
        *(each.tolist() for each in costs.to_dict().values()), strict=True
    ):
        text = f"{time:.3g} us, {size / 1024:.3g} KiB" if status == "done" else status
        cells.setdefault(label_of(attention, window), {})[length] = text
    header = ["attention", *map(str, lengths)]
    rows = [[name, *(row.get(n, "-") for n in lengths)] for name, row in cells.items()]
    return _table(header, rows)


def _styles(attention: Strings, window: Integers) -> dict[tuple[str, int], dict[str, Any]]:
    """A colour for each attention, and dashes where there is a window."""
    names = list(dict.fromkeys(attention.tolist()))
    keys = dict.fromkeys(zip(attention.tolist(), window.tolist(), strict=True))
    return {
        key: {
            "color": _COLOURS[names.index(key[0]) % len(_COLOURS)],
            "linestyle": "-" if key[1] == 0 else "--",
            "label": label_of(*key),
        }
        for key in keys
    }


def draw_curves(study: AttentionKernels, question: str, ax: Axes) -> Axes:
    """Mean loss of each attention against steps, a band of one standard error around it."""
    for key, style in _styles(study.attention, study.window).items():
        here = (study.attention == key[0]) & (study.window == key[1])
        curves = [
            curve[np.isfinite(curve[:, 2])]
            for curve in study.curves[here & (study.question == question)]
        ]
        curves = [curve for curve in curves if len(curve) > 0]
        if not curves:
            continue
        steps = sorted(set.intersection(*(set(curve[:, 0]) for curve in curves)))
        values = np.array([curve[np.isin(curve[:, 0], steps), 2] for curve in curves])
        ax.plot(steps, values.mean(0), **style)
        if len(curves) > 1:
            error = values.std(0, ddof=1) / math.sqrt(len(curves))
            low, high = values.mean(0) - error, values.mean(0) + error
            ax.fill_between(steps, low, high, color=style["color"], alpha=0.2, linewidth=0)
    return _legible(ax, "steps", unit_of(question), question)


def draw_costs(costs: TrainingCosts, member: str, ax: Axes) -> Axes:
    """Microseconds or bytes per token against the length."""
    for key, style in _styles(costs.attention, costs.window).items():
        here = (costs.attention == key[0]) & (costs.window == key[1]) & (costs.status == "done")
        values = getattr(costs, member)[here]
        if np.any(values > 0):  # nothing beyond a short sequence's has no place on this axis
            ax.loglog(costs.length[here], np.where(values > 0, values, np.nan), marker="o", **style)
            ticks_at(ax, costs.length.tolist())
    return _legible(ax, "length", f"{member} per token", None)


def _legible(ax: Axes, xlabel: str, ylabel: str, legend: str | None) -> Axes:
    """With labels and a legend, where there is anything to tell."""
    return finished(ax, xlabel, ylabel, legend=legend) if ax.lines else ax


def write_report(folder: Path, study: AttentionKernels, costs: TrainingCosts | None) -> list[Path]:
    """The page, the tables and the figures of a study; figures where there is matplotlib."""
    files = [folder / "report.md", folder / "runs.csv"]
    write_text(files[0], kernels_page(study, costs))
    write_text(files[1], csv_of(study, study._columns()))
    if costs is not None:
        files.append(folder / "costs.csv")
        write_text(files[-1], csv_of(costs, costs.to_dict()))
    if importlib.util.find_spec("matplotlib") is None:
        return files
    for question in dict.fromkeys(study.question.tolist()):
        files.append(folder / f"{question}.svg")
        draw_into(files[-1], [lambda ax, each=question: draw_curves(study, each, ax)])
    if costs is not None:
        files.append(folder / "costs.svg")
        members = ("microseconds", "bytes")
        draw_into(files[-1], [lambda ax, each=m: draw_costs(costs, each, ax) for m in members])
    return files
