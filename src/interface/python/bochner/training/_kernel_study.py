# SPDX-License-Identifier: Apache-2.0
"""Which attention trains best: the same model, data and budgets for all of them."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._options import path as path_of
from bochner._options import positive, several, whole
from bochner._progress import progress as watched
from bochner._results import Result
from bochner.training._attentions import ATTENTIONS
from bochner.training._kernel_runs import Budget, failed, trained
from bochner.training._tasks import TASKS, load_sequences
from bochner.training._training_options import TrainingOptions
from bochner.training._whole_files import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from bochner._study_inputs import Doubles, Integers, Strings
    from bochner.training._rows import Sequences

_NAME = "attention_kernels"

# Model options that a study varies itself.
VARIED = ("task", "objective", "attention", "window", "length", "seed")

QUESTIONS = tuple(
    f"{task}-{objective}" for task, each in TASKS.items() for objective in each.objectives
)
"""Every task with everything that may be asked of it."""


@dataclasses.dataclass(frozen=True, eq=False)
class AttentionKernels(Result):
    """Losses of models that differ in their attention alone, one entry per run.

    Attributes
    ----------
    question : array of str
        Task and objective, one of `QUESTIONS`.
    attention : array of str
    window : array of int
    seed : array of int
    status : array of str
        "done", or why the run ended early: what refused it, or where it diverged.
    loss_at_steps : array
        On sequences held out, after the steps of the study, in the unit of the question; NaN where
        a run did not get there.
    loss_at_seconds, steps_at_seconds : array
        The same after the seconds of training of the study, and how many steps these were.
    seconds_per_step : array
    negative, underflowed : array
        Share of the rows whose normaliser was negative or zero at the end.
    curves : array of shape (runs, points, 3)
        Steps, seconds and loss of each run; NaN from its end on.
    """

    question: Strings
    attention: Strings
    window: Integers
    seed: Integers
    status: Strings
    loss_at_steps: Doubles
    loss_at_seconds: Doubles
    steps_at_seconds: Doubles
    seconds_per_step: Doubles
    negative: Doubles
    underflowed: Doubles
    curves: Doubles

    def _columns(self) -> dict[str, Any]:
        return {name: value for name, value in self.to_dict().items() if name != "curves"}


def attention_kernels(
    folder: str | Path,
    data: str | Path,
    *,
    questions: Sequence[str] = QUESTIONS,
    attentions: Sequence[str] = tuple(ATTENTIONS),
    windows: Sequence[int] = (0, 64),
    seeds: int = 5,
    steps: int = 300,
    seconds: float = 120.0,
    measure_every: int = 25,
    sequences: Callable[[TrainingOptions], Sequences] | None = None,
    lengths: dict[str, int] | None = None,
    progress: Callable[..., object] | str | None = None,
    **model: Any,
) -> AttentionKernels:
    """Train every attention on every question with several seeds, for the same steps and time.

    Each run goes on until it has had both the steps and the seconds, and is read at each. Nothing
    is left out: a combination that is refused, or a run that diverges, is an entry that says so.
    Runs are saved as they are made, in `folder`; a study that was interrupted goes on where it was,
    inside a run, too.

    Parameters
    ----------
    folder : path
        Where runs are kept. One folder is one study: other budgets, models or data are refused
        there. What failed, such as for want of memory, is tried again.
    data : path
        Of `load_sequences`.
    questions : sequence of str
        Of `QUESTIONS`, such as "text-next".
    attentions : sequence of str
        Of `ATTENTIONS`.
    windows : sequence of int
        Keys near a query that are weighed exactly, 0 for none; each attention is tried with each.
    seeds : int
        Runs of each, with seeds 0, 1, ...
    steps : int
    seconds : float
        Of training, without measurements.
    measure_every : int
        Steps.
    sequences : callable, optional
        From a run's options to its sequences, in place of those of `data`.
    lengths : dict, optional
        Lengths of sequences by task, where they are not the usual ones.
    progress : callable or "bar", optional
        Called with "attention kernels", runs done, all of them and "runs".
    **model
        Other members of `TrainingOptions`.

    Returns
    -------
    AttentionKernels

    Raises
    ------
    TypeError, ValueError
        On options out of range, or a folder of another study or other data, naming what differs.
    CheckpointError
        When what is left of an interrupted run is damaged, or of other data.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from bochner.training import attention_kernels, sequences_of
    >>> text = np.frombuffer(b"to be or not to be, " * 40, np.uint8)
    >>> study = attention_kernels(
    ...     tempfile.mkdtemp(), "", questions=["text-next"], attentions=["exact", "favor"],
    ...     windows=[0], seeds=2, steps=4, seconds=0.01, lengths={"text": 32}, depth=1,
    ...     embed_dim=16, num_heads=2, sequences=lambda _: sequences_of([text], [text], 32, 256))
    >>> study.attention.tolist(), bool(np.all(study.loss_at_steps > 0))
    (['exact', 'exact', 'favor', 'favor'], True)
    """
    place = Path(path_of(_NAME, "folder", folder))
    budget = Budget(
        whole(_NAME, "steps", steps, 1),
        positive(_NAME, "seconds", seconds),
        whole(_NAME, "measure_every", measure_every, 1),
    )
    asked = _known("questions", several(_NAME, "questions", questions), QUESTIONS)
    compared = _known("attentions", several(_NAME, "attentions", attentions), ATTENTIONS)
    of_tasks = {task: each.length for task, each in TASKS.items()}
    for task in _known("lengths", lengths or {}, TASKS):
        of_tasks[task] = whole(_NAME, "lengths", (lengths or {})[task], 2, TASKS[task].most)
    for name in VARIED:
        if name in model:
            raise ValueError(f"{_NAME}: {name} is given, which the study varies itself")
    widths = dict.fromkeys(
        whole(_NAME, "windows", width, 0) for width in several(_NAME, "windows", windows)
    )
    count = whole(_NAME, "seeds", seeds, 1)
    plans = [
        _options(question, attention, width, seed, of_tasks, model)
        for question, attention, width, seed in itertools.product(
            asked, compared, widths, range(count)
        )
    ]
    _keep_settings(place, budget, of_tasks, plans[0])
    if sequences is None:

        def sequences(options: TrainingOptions) -> Sequences:
            return load_sequences(options.task, data, options.length)

    found = []
    with watched(_NAME, "progress", progress) as show:
        for entry in _runs(place, plans, budget, sequences):
            found.append(entry)
            if show is not None:
                show("attention kernels", len(found), len(plans), "runs")
    return _gathered(found)


def _known(name: str, given: Iterable[str], words: Collection[str]) -> list[str]:
    """Words that were given, each once; ValueError on others than `words`."""
    found = list(dict.fromkeys(given))
    for each in found:
        if each not in words:
            expected = ", ".join(words)
            raise ValueError(f"{_NAME}: {name} has {each!r}, expected some of {expected}")
    return found


def _options(
    question: str,
    attention: str,
    window: int,
    seed: int,
    lengths: dict[str, int],
    model: dict[str, Any],
) -> TrainingOptions:
    task, objective = question.split("-")
    return TrainingOptions(
        task=task,
        objective=objective,
        attention=attention,
        window=window,
        length=lengths[task],
        seed=seed,
        **model,
    )


def _keep_settings(
    folder: Path, budget: Budget, lengths: dict[str, int], options: TrainingOptions
) -> None:
    """Write what all runs share, defaults too, or compare it with what is there."""
    shared = {name: value for name, value in options.to_dict().items() if name not in VARIED}
    settings = {**dataclasses.asdict(budget), "lengths": lengths, **shared}
    file = folder / "study.json"
    if not file.exists():
        write_text(file, json.dumps(settings, indent=2) + "\n")
        return
    before = json.loads(file.read_text())
    for name in sorted(before.keys() | settings.keys()):
        if before.get(name) != settings.get(name):
            raise ValueError(
                f"{_NAME}: {folder} holds a study with {name} {before.get(name)!r}, expected "
                f"{settings.get(name)!r} or another folder"
            )


def _keep_digest(folder: Path, question: str, data: Sequences) -> None:
    """Write what the data of a question are, or compare it with what is there."""
    file = folder / "data" / f"{question}.sha256"
    digest = data.digest()
    if not file.exists():
        write_text(file, digest + "\n")
    elif file.read_text().strip() != digest:
        raise ValueError(
            f"{_NAME}: {folder} holds a study of other data for {question}, expected the same or "
            "another folder"
        )


def _runs(
    folder: Path,
    plans: Sequence[TrainingOptions],
    budget: Budget,
    sequences: Callable[[TrainingOptions], Sequences],
) -> Iterator[dict[str, Any]]:
    loaded: dict[str, Sequences] = {}
    for options in plans:
        question = f"{options.task}-{options.objective}"
        if question not in loaded:
            loaded = {question: sequences(options)}
            _keep_digest(folder, question, loaded[question])
        name = f"{question}-{options.attention}-window{options.window}-seed{options.seed}"
        file = folder / "runs" / f"{name}.json"
        if not file.exists() or failed(json.loads(file.read_text())):
            checkpoint = file.with_suffix(".pt")
            entry = trained(options, loaded[question], budget, checkpoint)
            write_text(file, json.dumps(entry) + "\n")
            if not failed(entry):
                checkpoint.unlink(missing_ok=True)
        yield json.loads(file.read_text())


def _gathered(entries: Sequence[dict[str, Any]]) -> AttentionKernels:
    def column(name: str) -> Any:
        return [np.nan if entry[name] is None else entry[name] for entry in entries]

    columns = {
        field.name: np.array(column(field.name))
        for field in dataclasses.fields(AttentionKernels)
        if field.name != "curves"
    }
    curves = np.full((len(entries), max(len(entry["curve"]) for entry in entries), 3), np.nan)
    for curve, entry in zip(curves, entries, strict=True):
        curve[: len(entry["curve"])] = np.reshape(entry["curve"], (-1, 3))
    return AttentionKernels(**columns, curves=curves)
