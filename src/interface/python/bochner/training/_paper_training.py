# SPDX-License-Identifier: Apache-2.0
"""Figure 5 of the Performers' paper in our setting: weights carried over, and redraws."""

from __future__ import annotations

import dataclasses
import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bochner import derive_seed
from bochner._options import path as path_of
from bochner._options import several, whole
from bochner._results import Result
from bochner.plot._axes import finished
from bochner.training._attentions import KEEP_FREQUENCIES, WITHOUT_FREQUENCIES, label_of
from bochner.training._train import train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from bochner._study_inputs import Doubles, Integers, Strings
    from bochner.training._rows import Sequences
    from bochner.training._training_options import TrainingOptions
    from bochner.training._training_run import TrainingRun

# Where the seeds of what follows the change of attention branch off: "after" in ASCII.
_AFTER = 0x6166746572


@dataclasses.dataclass(frozen=True, eq=False)
class LearningCurves(Result):
    """Losses of several runs, one entry per measurement.

    Attributes
    ----------
    label : array of str
        What the run is an example of.
    seed, step : array of int
    loss : array
        On sequences held out, in the unit of the task.
    unit : str
    """

    label: Strings
    seed: Integers
    step: Integers
    loss: Doubles
    unit: str

    def _columns(self) -> dict[str, object]:
        return {name: value for name, value in self.to_dict().items() if name != "unit"}


def _curves(runs: Sequence[tuple[str, int, TrainingRun]], steps: int, every: int) -> LearningCurves:
    """Of runs measured every so many steps and at their end, not where a shorter call ended."""
    entries = [
        (label, seed, point.step, run.told(point))
        for label, seed, run in runs
        for point in run.curve
        if point.step == steps or (point.step < steps and point.step % every == 0)
    ]
    label, seeds, at, losses = (np.array(column) for column in zip(*entries, strict=True))
    return LearningCurves(label, seeds, at, losses, runs[0][2].unit)


def carried_over(
    folder: str | Path,
    options: TrainingOptions,
    sequences: Sequences,
    *,
    attentions: Sequence[tuple[str, int]] = (("favor", 0), ("hyperbolic-oprf", 0), ("favor", 64)),
    steps_before: int = 200,
    steps_after: int = 100,
    measure_every: int = 10,
    seeds: int = 3,
) -> LearningCurves:
    """Weights of a model with exact attention in Performers, and how soon these have its loss.

    The model is trained with exact attention; then copies of it go on with each of `attentions`,
    and with exact attention, on the same new batches and with a new optimiser.

    Parameters
    ----------
    folder : path
        Where runs are kept; a call that was stopped goes on from there.
    options : TrainingOptions
        Whose `attention`, `window` and `seed` are not used.
    sequences : Sequences
    attentions : sequence of (str, int)
        Names of `ATTENTIONS` and windows.
    steps_before, steps_after, measure_every, seeds : int

    Returns
    -------
    LearningCurves
        After the change, which is step 0.

    Raises
    ------
    TypeError, ValueError
        As `train`.

    Examples
    --------
    >>> import tempfile
    >>> from bochner.training import TrainingOptions, carried_over, sequences_of
    >>> words = list(b"to be or not to be " * 20)
    >>> options = TrainingOptions(task="text", length=32, depth=1, embed_dim=16, num_heads=2)
    >>> found = carried_over(
    ...     tempfile.mkdtemp(), options, sequences_of([words], [words], 32, 256),
    ...     attentions=[("favor", 0)], steps_before=4, steps_after=2, seeds=1)
    >>> found.label.tolist(), found.step.tolist()
    (['exact', 'exact', 'favor', 'favor'], [0, 2, 0, 2])
    """
    name = "carried_over"
    place = Path(path_of(name, "folder", folder))
    choices = dict.fromkeys([("exact", 0), *map(tuple, several(name, "attentions", attentions))])
    before = whole(name, "steps_before", steps_before, 1)
    runs = []
    for seed in range(whole(name, "seeds", seeds, 1)):
        first = dataclasses.replace(options, attention="exact", window=0, seed=seed)
        teacher = train(
            first,
            sequences,
            steps=before,
            measure_every=before,
            checkpoint=place / f"before{before}-seed{seed}.pt",
        )
        for attention, window in choices:
            after = dataclasses.replace(
                options, attention=attention, window=window, seed=derive_seed(seed, _AFTER)
            )
            run = train(
                after,
                sequences,
                steps=steps_after,
                measure_every=measure_every,
                checkpoint=place / f"after{before}-{attention}-window{window}-seed{seed}.pt",
                start=teacher.model,
            )
            runs.append((label_of(attention, window), seed, run))
    return _curves(runs, steps_after, measure_every)


def redraw_curves(
    folder: str | Path,
    options: TrainingOptions,
    sequences: Sequences,
    *,
    redraw_every: Sequence[int] = (0, 10, 100),
    steps: int = 300,
    measure_every: int = 20,
    seeds: int = 3,
) -> LearningCurves:
    """Losses with frequencies that are kept, and with some that are drawn anew.

    Parameters
    ----------
    folder : path
        Where runs are kept; a call that was stopped goes on from there.
    options : TrainingOptions
        Whose `redraw_every` and `seed` are not used.
    sequences : Sequences
    redraw_every : sequence of int
        Steps between redraws, 0 for never.
    steps, measure_every, seeds : int

    Returns
    -------
    LearningCurves

    Raises
    ------
    TypeError, ValueError
        As `train`, and on an attention with nothing to draw anew: "exact", "window", "exp",
        "cosine" and "identity".

    Examples
    --------
    >>> import tempfile
    >>> from bochner.training import TrainingOptions, redraw_curves, sequences_of
    >>> words = list(b"to be or not to be " * 20)
    >>> options = TrainingOptions(task="text", length=32, depth=1, embed_dim=16, num_heads=2)
    >>> found = redraw_curves(
    ...     tempfile.mkdtemp(), options, sequences_of([words], [words], 32, 256),
    ...     redraw_every=[0, 1], steps=2, seeds=1)
    >>> found.label.tolist()
    ['never', 'never', 'every 1 steps', 'every 1 steps']
    """
    name = "redraw_curves"
    place = Path(path_of(name, "folder", folder))
    runs = []
    if options.attention in KEEP_FREQUENCIES | WITHOUT_FREQUENCIES:
        raise ValueError(
            f"{name}: attention is {options.attention!r}, expected one with frequencies that are "
            "drawn anew"
        )
    for every in dict.fromkeys(several(name, "redraw_every", redraw_every)):
        label = "never" if every == 0 else f"every {every} steps"
        for seed in range(whole(name, "seeds", seeds, 1)):
            run = train(
                dataclasses.replace(options, redraw_every=every, seed=seed),
                sequences,
                steps=steps,
                measure_every=measure_every,
                checkpoint=place / f"redraw{every}-seed{seed}.pt",
            )
            runs.append((label, seed, run))
    return _curves(runs, steps, measure_every)


def draw_learning_curves(found: LearningCurves, ax: Axes) -> Axes:
    """Means over seeds against steps that all have, a band of one standard error around them."""
    for label in dict.fromkeys(found.label.tolist()):
        here = found.label == label
        mine = [found.step[here & (found.seed == seed)] for seed in np.unique(found.seed[here])]
        steps = functools.reduce(np.intersect1d, mine)
        losses = [found.loss[here & (found.step == step)] for step in steps]
        mean = np.array([each.mean() for each in losses])
        (line,) = ax.plot(steps, mean, label=label)
        if min(each.size for each in losses) > 1:
            error = np.array([each.std(ddof=1) / math.sqrt(each.size) for each in losses])
            colour = line.get_color()
            ax.fill_between(steps, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
    return finished(ax, "steps", found.unit)
