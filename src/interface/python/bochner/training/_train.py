# SPDX-License-Identifier: Apache-2.0
"""The loop over a run's steps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bochner._options import path as path_of
from bochner._options import positive, whole
from bochner._progress import progress as watched
from bochner.training._training_run import Point, TrainingRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from bochner.training._rows import Sequences
    from bochner.training._training_options import TrainingOptions


_Found = TypeVar("_Found")


class DivergenceError(FloatingPointError):
    """A loss, of a batch or held out, or a gradient was not finite.

    Attributes
    ----------
    run : TrainingRun
        As it was before that step, or at that measurement, which its curve does not have.
    """

    def __init__(self, message: str, run: TrainingRun) -> None:
        super().__init__(message)
        self.run = run


def _guarded(run: TrainingRun, act: Callable[[], _Found]) -> _Found:
    try:
        return act()
    except FloatingPointError as error:
        raise DivergenceError(str(error), run) from error


def train(
    options: TrainingOptions,
    sequences: Sequences,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    measure_every: int = 50,
    checkpoint: str | Path | None = None,
    start: nn.Module | None = None,
    on_point: Callable[[TrainingRun, Point], object] | None = None,
    progress: Callable[..., object] | str | None = None,
) -> TrainingRun:
    """Train a model, or go on with one, until it has had so many steps or minutes.

    The run is measured at its start, every `measure_every` steps and at its end, and saved each
    time.

    Parameters
    ----------
    options : TrainingOptions
    sequences : Sequences
        Of `load_sequences`.
    steps : int, optional
        Of the whole run, those before a checkpoint included.
    minutes : float, optional
        Of training, without measurements. Of both limits, whichever is reached first.
    measure_every : int
        Steps.
    checkpoint : path, optional
        Where the run is saved; where the file is there already, the run goes on from it.
    start : Module, optional
        A model of the same sizes, whose parameters this one starts with. It is not looked at where
        the checkpoint exists, which does not know what its run started with.
    on_point : callable, optional
        Called with the run and each `Point`.
    progress : callable or "bar", optional
        Called with "train", steps or seconds done, all of them, and which of the two; "bar" is a
        bar of tqdm.

    Returns
    -------
    TrainingRun
        With ``model``, ``step``, ``seconds`` and ``curve``.

    Raises
    ------
    TypeError, ValueError
        On options that do not fit, or no limit.
    CheckpointError
        On a checkpoint that is damaged or of another run; a ValueError.
    DivergenceError
        When a loss, of a batch or held out, or a gradient is not finite; a FloatingPointError that
        has the run.

    Examples
    --------
    >>> import numpy as np
    >>> from bochner.training import TrainingOptions, sequences_of, train
    >>> text = np.frombuffer(b"to be or not to be, " * 40, np.uint8)
    >>> sequences = sequences_of([text], [text], 32, 256)
    >>> small = TrainingOptions(task="text", length=32, depth=1, embed_dim=16, num_heads=2)
    >>> run = train(small, sequences, steps=20)
    >>> run.step, run.curve[-1].loss < run.curve[0].loss
    (20, True)
    """
    function = "train"
    if steps is None and minutes is None:
        raise ValueError(f"{function}: neither steps nor minutes are given, expected one of them")
    most = math.inf if steps is None else whole(function, "steps", steps, 1)
    seconds = math.inf if minutes is None else 60.0 * positive(function, "minutes", minutes)
    every = whole(function, "measure_every", measure_every, 1)
    file = None if checkpoint is None else Path(path_of(function, "checkpoint", checkpoint))
    run = TrainingRun(options, sequences)
    if file is not None and file.exists():
        run.load(file)
    elif start is not None:
        run.model.take(start)

    def look() -> None:
        point = _guarded(run, run.measure)
        if file is not None:
            run.save(file)
        if on_point is not None:
            on_point(run, point)

    def told(show: Any) -> None:
        if show is not None and minutes is not None:
            show("train", min(run.seconds, seconds), seconds, "s")
        elif show is not None:
            show("train", run.step, most, "steps")

    with watched(function, "progress", progress) as show:
        if not run.curve:
            look()
        while run.step < most and run.seconds < seconds:
            _guarded(run, run.advance)
            told(show)
            if run.step % every == 0:
                look()
    if run.curve[-1].step != run.step:
        look()
    return run
