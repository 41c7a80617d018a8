# SPDX-License-Identifier: Apache-2.0
"""One run of a study of attentions: trained for two budgets, and what is read off it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from bochner.training._normalisers import normalisers
from bochner.training._tasks import TASKS
from bochner.training._train import DivergenceError, train
from bochner.training._training_run import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

    from bochner.training._rows import Sequences
    from bochner.training._training_options import TrainingOptions
    from bochner.training._training_run import TrainingRun


_LINE = "\n"


@dataclasses.dataclass(frozen=True)
class Budget:
    """What every run has."""

    steps: int
    seconds: float
    measure_every: int


def failed(entry: dict[str, Any]) -> bool:
    """Whether an entry is of a run that another time may go well: that is made again."""
    return entry["status"].startswith("failed")


def trained(
    options: TrainingOptions, sequences: Sequences, budget: Budget, checkpoint: Path
) -> dict[str, Any]:
    """A run until it has had both budgets: up to the first of them, then to the other."""
    limits: tuple[dict[str, Any], ...] = (
        {"steps": budget.steps, "minutes": budget.seconds / 60.0},
        {"steps": budget.steps},
        {"minutes": budget.seconds / 60.0},
    )
    status, run = "done", None
    shares: dict[str, float | None] = {"negative": None, "underflowed": None}
    try:
        for limit in limits:
            run = train(
                options,
                sequences,
                measure_every=budget.measure_every,
                checkpoint=checkpoint,
                **limit,
            )
        assert run is not None
        rows = normalisers(run)
        if rows.rows > 0:
            shares = {
                "negative": rows.negative / rows.rows,
                "underflowed": rows.underflowed / rows.rows,
            }
    except DivergenceError as error:
        status, run = f"diverged: {error}", error.run
    except CheckpointError:
        raise
    except ValueError as error:
        status = f"refused: {error}"
    except (RuntimeError, MemoryError) as error:  # as torch says that there is no memory left
        status = f"failed: {str(error).partition(_LINE)[0] or type(error).__name__}"
    return {
        "question": f"{options.task}-{options.objective}",
        "attention": options.attention,
        "window": options.window,
        "seed": options.seed,
        "status": status,
        **_readings(options, run, budget),
        **shares,
    }


def _readings(options: TrainingOptions, run: TrainingRun | None, budget: Budget) -> dict[str, Any]:
    """Of a run's curve: where the steps were reached, and where the seconds were."""
    points = [] if run is None else run.curve
    told = TASKS[options.task].told
    at_steps = next((p for p in points if p.step >= budget.steps), None)
    at_seconds = next((p for p in points if p.seconds >= budget.seconds), None)
    last = points[-1] if points else None
    return {
        "loss_at_steps": told(at_steps.loss) if at_steps else None,
        "loss_at_seconds": told(at_seconds.loss) if at_seconds else None,
        "steps_at_seconds": at_seconds.step if at_seconds else None,
        "seconds_per_step": last.seconds / last.step if last and last.step > 0 else None,
        "curve": [[p.step, p.seconds, told(p.loss)] for p in points],
    }
