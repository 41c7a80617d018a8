# SPDX-License-Identifier: Apache-2.0
"""The command ``bochner study performer-paper``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bochner.training._arguments import add_training_arguments, training_options
from bochner.training._kernel_report import draw_costs
from bochner.training._paper_errors import (
    attention_approximations,
    draw_approximations,
    draw_ratios,
    variance_ratios,
)
from bochner.training._paper_speed import draw_speed, modelled_microseconds
from bochner.training._paper_training import carried_over, draw_learning_curves, redraw_curves
from bochner.training._report_files import csv_of, draw_into
from bochner.training._tasks import load_sequences
from bochner.training._training_costs import training_costs
from bochner.training._whole_files import write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from bochner._results import Result

    Panel = Callable[[Axes], object]


class Figure(NamedTuple):
    """A figure of the paper."""

    make: Callable[[argparse.Namespace], tuple[Result, list[Panel]]]
    caption: str


def _speed(given: argparse.Namespace) -> tuple[Result, list[Panel]]:
    """Costs in a folder of their own: theirs is another model than that of learning curves."""
    names = ("depth", "embed_dim", "num_heads", "num_features", "device")
    model: dict[str, Any] = {name: getattr(given, name) for name in names}
    costs = training_costs(
        given.output, attentions=("exact", "favor"), lengths=given.cost_lengths, **model
    )
    head_dim = given.embed_dim // given.num_heads
    modelled = modelled_microseconds(costs, head_dim, given.num_features)
    return costs, [
        lambda ax: draw_speed(costs, modelled, ax),
        lambda ax: draw_costs(costs, "bytes", ax),
    ]


def _ratio(given: argparse.Namespace) -> tuple[Result, list[Panel]]:
    found = variance_ratios(replicates=given.replicates)
    return found, [lambda ax: draw_ratios(found, ax)]


def _approximation(given: argparse.Namespace) -> tuple[Result, list[Panel]]:
    found = attention_approximations(draws=given.draws)
    return found, [lambda ax: draw_approximations(found, ax)]


def _curves(
    make: Callable[..., Any], counts: Callable[[int], dict[str, int]]
) -> Callable[..., tuple[Result, list[Panel]]]:
    def figure(given: argparse.Namespace) -> tuple[Result, list[Panel]]:
        options = training_options(given)
        sequences = load_sequences(options.task, given.data, options.length)
        folder = given.output / "runs" / make.__name__
        found = make(folder, options, sequences, seeds=given.seeds, **counts(given.steps))
        return found, [lambda ax: draw_learning_curves(found, ax)]

    return figure


FIGURES = {
    "speed": Figure(_speed, "Figures 1 and 3: time and memory of a training step per token."),
    "ratio": Figure(
        _ratio,
        "Figure 2: mean squared error of trigonometric over that of positive features; lines are "
        "the closed form, bars two standard errors.",
    ),
    "approximation": Figure(
        _approximation, "Figure 4: mean squared error of attention's output, one standard error."
    ),
    "compatibility": Figure(
        _curves(carried_over, lambda n: {"steps_before": n, "steps_after": -(-n // 3)}),
        "Figure 5: weights trained with exact attention, carried over at step 0.",
    ),
    "redraws": Figure(
        _curves(redraw_curves, lambda n: {"steps": n}),
        "Figure 5: frequencies kept, and drawn anew.",
    ),
}


def add_paper(studies: Any) -> None:
    """Add the command to those of ``bochner study``."""
    paper = studies.add_parser(
        "performer-paper",
        help="the figures of Rethinking attention with Performers, with closed forms beside them",
        description="Makes the figures that are named, each with its numbers as CSV, and a page of "
        "all that are in the folder. What is trained is kept, and gone on with.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = paper.add_argument
    add("--figure", choices=FIGURES, action="append", help="may be repeated; all without")
    add("--output", type=Path, default=Path("performer-paper"), help="folder of the figures")
    add("--data", type=Path, default=Path("build/performer/data"), help="folder of the packages")
    add("--replicates", type=int, default=2000, help="draws of the ratio")
    add("--draws", type=int, default=15, help="of the approximation")
    add("--seeds", type=int, default=3, help="runs of each curve")
    add("--steps", type=int, default=300, help="of a run; a third more with weights carried over")
    add_training_arguments(paper, but=("task", "attention", "window", "seed", "redraw_every"))
    paper.add_argument("--task", default="text", help="of the curves")
    paper.add_argument("--attention", default="favor", help="of the redraws")
    paper.add_argument(
        "--cost-lengths",
        type=lambda text: [int(word) for word in text.split(",")],
        default=[256, 512, 1024, 2048, 4096, 8192, 16384],
        help="of the speed, by commas",
    )
    paper.set_defaults(run=run_paper)


def run_paper(given: argparse.Namespace) -> list[Path]:
    """Make the figures and the page."""
    files = []
    for name in dict.fromkeys(given.figure or FIGURES):
        result, panels = FIGURES[name].make(given)
        columns = result._columns() or result.to_dict()
        files += [given.output / f"{name}.csv", given.output / f"{name}.svg"]
        write_text(files[-2], csv_of(result, columns))
        draw_into(files[-1], panels)
    there = [name for name in FIGURES if (given.output / f"{name}.svg").exists()]
    page = given.output / "gallery.md"
    parts = ["# The figures of [Choromanski21], made here"]
    parts += [
        f"![{FIGURES[name].caption}]({name}.svg)\n\n{FIGURES[name].caption}" for name in there
    ]
    write_text(page, "\n\n".join(parts) + "\n")
    return [*files, page]
