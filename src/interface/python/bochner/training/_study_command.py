# SPDX-License-Identifier: Apache-2.0
"""The command ``bochner study``."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bochner.training._arguments import add_training_arguments, given_members
from bochner.training._attentions import ATTENTIONS
from bochner.training._kernel_report import kernels_page, write_report
from bochner.training._kernel_study import QUESTIONS, VARIED, attention_kernels
from bochner.training._paper_command import add_paper
from bochner.training._training_costs import training_costs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _list_of(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def parse(text: str) -> list[Any]:
        return [kind(word) for word in text.split(",") if word]

    parse.__name__ = f"list of {kind.__name__}"
    return parse


def _lengths(text: str) -> dict[str, int]:
    """Of text=1024,proteins=512."""
    pairs = [word.partition("=") for word in text.split(",") if word]
    return {task: int(length) for task, _, length in pairs}


def parser() -> argparse.ArgumentParser:
    """Of the arguments after ``bochner study``."""
    top = argparse.ArgumentParser(
        prog="bochner study", description="Studies that train models; see docs/performers.md."
    )
    studies = top.add_subparsers(dest="study", required=True)
    kernels = studies.add_parser(
        "attention-kernels",
        help="which attention trains best, with what it costs",
        description="Trains every attention on every question, with several seeds, for the same "
        "steps and the same time; measures time and memory against the length. Writes report.md, "
        "tables and figures. An interrupted study goes on where it was.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = kernels.add_argument
    add("--output", type=Path, default=Path("attention-kernels"), help="folder of the study")
    add("--data", type=Path, default=Path("build/performer/data"), help="folder of the packages")
    add("--questions", type=_list_of(str), default=list(QUESTIONS), help="by commas")
    add("--attentions", type=_list_of(str), default=list(ATTENTIONS), help="by commas")
    add("--windows", type=_list_of(int), default=[0, 64], help="by commas; 0 for none")
    add("--seeds", type=int, default=5, help="runs of each")
    add("--steps", type=int, default=300, help="of training")
    add("--seconds", type=float, default=120.0, help="of training")
    add("--measure-every", type=int, default=25, help="steps")
    add("--lengths", type=_lengths, default={}, help="of sequences, such as text=4096")
    add(
        "--cost-lengths",
        type=_list_of(int),
        default=[256, 1024, 4096, 16384],
        help="for time and memory; empty for none",
    )
    add_training_arguments(kernels, but=VARIED)
    kernels.set_defaults(run=run_kernels)
    add_paper(studies)
    return top


def run_kernels(given: argparse.Namespace) -> list[Path]:
    """Make the study of attentions and its page."""
    model = given_members(given)
    bar = "bar" if importlib.util.find_spec("tqdm") is not None else None
    study = attention_kernels(
        given.output,
        given.data,
        questions=given.questions,
        attentions=given.attentions,
        windows=given.windows,
        seeds=given.seeds,
        steps=given.steps,
        seconds=given.seconds,
        measure_every=given.measure_every,
        lengths=given.lengths,
        progress=bar,
        **model,
    )
    costs = None
    if given.cost_lengths:
        costs = training_costs(
            given.output,
            attentions=given.attentions,
            windows=given.windows,
            lengths=given.cost_lengths,
            progress=bar,
            **model,
        )
    print(kernels_page(study, costs))
    return write_report(given.output, study, costs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study that the arguments name."""
    given = parser().parse_args(arguments)
    try:
        files = given.run(given)
    except (ValueError, OSError, ImportError, FloatingPointError) as error:
        print(f"bochner study: {error}", file=sys.stderr)
        return 1
    print("written:", ", ".join(str(file) for file in files))
    return 0
