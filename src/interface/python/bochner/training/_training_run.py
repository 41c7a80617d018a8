# SPDX-License-Identifier: Apache-2.0
"""A model that is being trained: steps, measurements, and a state that is saved."""

from __future__ import annotations

import math
import pickle
import time
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from bochner import derive_seed
from bochner.torch import RedrawSchedule
from bochner.training._attentions import KEEP_FREQUENCIES
from bochner.training._model import SequenceModel
from bochner.training._objectives import OBJECTIVES, Question
from bochner.training._tasks import TASKS, unit_of
from bochner.training._whole_files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from bochner.training._rows import Rows, Sequences
    from bochner.training._training_options import TrainingOptions

# Where the random numbers of batches and of measurements branch off from the seed: "batch" and
# "measure" in ASCII.
_BATCHES = 0x6261746368
_MEASURES = 0x6D656173757265
_FORMAT = 1


class Point(NamedTuple):
    """A measurement on sequences held out."""

    step: int
    seconds: float
    """Of training so far, without measurements."""
    loss: float
    """Mean over what was asked, in nats."""
    mistakes: float
    """Share of it where the likeliest answer was wrong."""


class CheckpointError(ValueError):
    """A checkpoint is damaged, or of another run."""


class TrainingRun:
    """A run, from its first step or from where it was saved.

    Batches, parameters, frequencies and what is hidden are functions of the options' seed and of
    the number of the step, so that a run that goes on from a checkpoint has the loss, bit for bit,
    of one that was never stopped.

    Parameters
    ----------
    options : TrainingOptions
    sequences : Sequences
        Of `load_sequences`.

    Raises
    ------
    ValueError
        When the attention refuses the options.
    """

    def __init__(self, options: TrainingOptions, sequences: Sequences) -> None:
        self.options = options
        self.step = 0
        self.seconds = 0.0
        self.curve: list[Point] = []
        self._sequences = sequences
        self._digest = sequences.digest()
        self._objective = OBJECTIVES[options.objective]
        length = sequences.train.tokens.shape[1]
        if length != options.length:
            raise ValueError(
                f"TrainingRun: sequences have length {length}, expected {options.length} (that of "
                "options)"
            )
        if self._objective.of_whole and sequences.classes == 0:
            raise ValueError("TrainingRun: sequences have no classes, which objective asks for")
        self.model = SequenceModel(options, length, sequences.vocabulary, sequences.classes)
        self._device = torch.device(options.device)
        self._optimiser = torch.optim.AdamW(
            self.model.parameters(), options.learning_rate, weight_decay=0.01
        )
        self._redraws: RedrawSchedule | None = None
        if options.redraw_every > 0:
            if options.attention in KEEP_FREQUENCIES:
                raise ValueError(
                    f"{options.attention}: redraw_every is {options.redraw_every}, expected 0: its "
                    "frequencies are kept"
                )
            self._redraws = RedrawSchedule(self.model, options.redraw_every)

    def _asked(self, rows: Rows, generator: torch.Generator) -> Question:
        question = self._objective.ask(rows, self._sequences.vocabulary, generator)
        return question.to(self._device)

    def batch(self) -> Question:
        """Of the next step."""
        seed = derive_seed(derive_seed(self.options.seed, _BATCHES), self.step)
        generator = torch.Generator().manual_seed(seed)
        rows = self._sequences.train
        at = torch.randint(len(rows.tokens), (self.options.batch,), generator=generator)
        return self._asked(rows.take(at), generator)

    def advance(self) -> float:
        """One step.

        Returns
        -------
        float
            The loss of its batch before the step, in nats.

        Raises
        ------
        FloatingPointError
            When that or its gradient is not finite; the run is as before the step then.
        """
        options = self.options
        question = self.batch()
        start = time.perf_counter()
        self.model.train()
        loss = question.losses(self.model(question.inputs, question.padding)).mean()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"train: the loss is {value} at step {self.step}")
        self._optimiser.zero_grad()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), options.clip))
        if not math.isfinite(norm):
            self._optimiser.zero_grad()
            raise FloatingPointError(f"train: the gradient is {norm} long at step {self.step}")
        warm = min(1.0, (self.step + 1) / max(options.warmup, 1))
        for group in self._optimiser.param_groups:
            group["lr"] = warm * options.learning_rate
        self._optimiser.step()
        if self._redraws is not None:
            self._redraws.step()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        self.step += 1
        self.seconds += time.perf_counter() - start
        return value

    def held_out(self) -> list[Question]:
        """What is measured on, in batches: the same for every run of a seed."""
        generator = torch.Generator().manual_seed(derive_seed(self.options.seed, _MEASURES))
        rows = self._sequences.held_out.spread(self.options.held_out)
        places = torch.arange(len(rows.tokens)).split(self.options.batch)
        return [self._asked(rows.take(at), generator) for at in places]

    @torch.no_grad()
    def measure(self) -> Point:
        """Measure on sequences held out, and add that to the curve.

        Raises
        ------
        FloatingPointError
            When the loss is no finite number, which is not added.
        """
        self.model.eval()
        losses, mistakes = [], []
        for question in self.held_out():
            outputs = self.model(question.inputs, question.padding)
            losses.append(question.losses(outputs))
            mistakes.append(question.mistakes(outputs))
        loss = float(torch.cat(losses).double().mean())
        if not math.isfinite(loss):
            raise FloatingPointError(f"train: the loss held out is {loss} at step {self.step}")
        point = Point(self.step, self.seconds, loss, float(torch.cat(mistakes).double().mean()))
        if self.curve and self.curve[-1].step == self.step:
            self.curve.pop()
        self.curve.append(point)
        return point

    @property
    def unit(self) -> str:
        """What `told` tells."""
        return unit_of(f"{self.options.task}-{self.options.objective}")

    def told(self, point: Point) -> float:
        """The loss of a measurement in the task's unit."""
        return TASKS[self.options.task].told(point.loss)

    def save(self, path: Path) -> None:
        """Write all of the run's state, whole or not at all."""
        state = {
            "format": _FORMAT,
            "options": self.options.to_dict(),
            "data": self._digest,
            "step": self.step,
            "seconds": self.seconds,
            "curve": [list(point) for point in self.curve],
            "model": self.model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "redraws": None if self._redraws is None else self._redraws.state_dict(),
        }
        write_whole(path, lambda file: torch.save(state, file))

    def load(self, path: Path) -> None:
        """Go on from a saved state of a run with the same options and data.

        Raises
        ------
        CheckpointError
            When the file is damaged, or of other options or data, naming what differs.
        """
        try:
            with zipfile.ZipFile(path) as parts:
                damaged = parts.testzip()
            if damaged is not None:
                raise CheckpointError(f"train: {path} is a damaged checkpoint, in {damaged}")
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (RuntimeError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
            raise CheckpointError(f"train: {path} is no checkpoint, or a damaged one") from error
        if not isinstance(state, dict) or state.get("format") != _FORMAT:
            raise CheckpointError(f"train: {path} is no checkpoint of format {_FORMAT}")
        mine, theirs = self.options.to_dict(), state["options"]
        for name, value in mine.items():
            if theirs.get(name) != value and name != "device":
                raise CheckpointError(
                    f"train: {path} was saved with {name} {theirs.get(name)!r}, expected {value!r}"
                )
        if state["data"] != self._digest:
            raise CheckpointError(f"train: {path} was saved with other data than these")
        self.model.load_state_dict(state["model"])
        self._optimiser.load_state_dict(state["optimiser"])
        if self._redraws is not None:
            self._redraws.load_state_dict(state["redraws"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.curve = [Point(*point) for point in state["curve"]]
