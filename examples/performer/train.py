#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains Performers on pixels, text or proteins, with exact attention of the same size beside them.

The first attention has the minutes or steps that are asked for, the others as many steps. Runs are
saved in the output's folder, from where the same command goes on with them. Needs the package with
PyTorch (pip install .[torch]); data come from Debian's packages.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import bochner.training as bt


def parse(arguments):
    """The arguments, one for each training option and some for the command itself."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    bt.add_training_arguments(parser, but=("attention",))
    add = parser.add_argument
    add("--attention", default="favor,exact", help=f"by commas, of {', '.join(bt.ATTENTIONS)}")
    add("--minutes", type=float, help="of training; 2 where there are no steps")
    add("--steps", type=int, help="of training")
    add("--measure-every", type=int, default=50, help="steps")
    add("--data", type=Path, default=Path("build/performer/data"), help="folder of the packages")
    add("--output", type=Path, default=Path("build/performer/runs"), help="folder of the runs")
    add("--plot", action="store_true", help="draw curves.svg there; needs matplotlib")
    given = parser.parse_args(arguments)
    if given.minutes is None and given.steps is None:
        given.minutes = 2.0
    return given


def tell(run, point):
    """One line for a measurement."""
    print(
        f"{run.options.attention:16} step {point.step:6} {point.seconds:8.1f} s  "
        f"{run.told(point):.4f} {run.unit}, {100 * point.mistakes:.1f} % wrong",
        flush=True,
    )


def plot(runs, file):
    """Losses against steps and against seconds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5), layout="constrained")
    for ax, name in zip(figure.subplots(1, 2), ("step", "seconds"), strict=True):
        for run in runs:
            at = [getattr(point, name) for point in run.curve]
            ax.plot(at, [run.told(point) for point in run.curve], label=run.options.attention)
        ax.set(xlabel=name, ylabel=runs[0].unit)
        ax.legend(frameon=False)
    figure.savefig(file)


def main(arguments=None):
    """Train all attentions in turn."""
    given = parse(arguments)
    chosen = [bt.training_options(given, attention=name) for name in given.attention.split(",")]
    sequences = bt.load_sequences(chosen[0].task, given.data, chosen[0].length)
    bar = "bar" if importlib.util.find_spec("tqdm") and sys.stderr.isatty() else None
    runs, steps, minutes = [], given.steps, given.minutes
    for options in chosen:
        name = f"{options.task}-{options.objective}-{options.attention}"
        name += f"-window{options.window}-seed{options.seed}.pt"
        run = bt.train(
            options,
            sequences,
            steps=steps,
            minutes=minutes,
            measure_every=given.measure_every,
            checkpoint=given.output / name,
            on_point=tell,
            progress=bar,
        )
        runs.append(run)
        steps, minutes = run.step, None
    for run in runs:
        tell(run, run.curve[-1])
    if given.plot:
        plot(runs, given.output / "curves.svg")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, ImportError, FloatingPointError) as error:
        sys.exit(f"train.py: {error}")
