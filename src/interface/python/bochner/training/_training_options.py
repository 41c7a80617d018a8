# SPDX-License-Identifier: Apache-2.0
"""What determines a training run, up to how long it lasts."""

from __future__ import annotations

import dataclasses
from typing import Any

from bochner._options import one_of, positive, seed_of, whole, word
from bochner.training._attentions import ATTENTIONS
from bochner.training._tasks import TASKS

_CLASS = "TrainingOptions"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """Task, model and steps of a run: with the data, and on one machine, they determine its loss.

    Parameters
    ----------
    task : {"pixels", "text", "proteins"}
        As in `load_sequences`.
    objective : {"next", "masked", "class"}, optional
        What is asked: each token from those before it (all tasks), 15 % of the tokens from the
        others (proteins), or the class (pixels).
    attention : str
        One of `ATTENTIONS`: "exact", "window" alone, or "favor" and other features.
    window : int
        Keys near a query that are weighed exactly; 0 for none.
    length : int, optional
        Of the sequences: 784, 1,024 or 512 without.
    depth, embed_dim, num_heads : int
        Of the Performer.
    num_features : int
        Columns of the features of a head, the same for all features that have frequencies,
        whatever they have per frequency.
    batch : int
        Sequences per step.
    learning_rate : float
        Of AdamW, reached after `warmup` steps and constant from then on, so that a longer run
        begins as a shorter one does.
    warmup : int
        Steps.
    clip : float
        The longest gradient.
    redraw_every : int
        Steps between new frequencies; 0 for never.
    seed : int
        Of parameters, batches and frequencies.
    held_out : int
        Sequences on which the loss is measured, at equal distances among those held out.
    device : str

    Raises
    ------
    TypeError, ValueError
        On what is out of range, naming it.

    Examples
    --------
    >>> from bochner.training import TrainingOptions
    >>> options = TrainingOptions(task="text", attention="favor", length=256)
    >>> options.objective, options.num_features
    ('next', 128)
    """

    task: str
    objective: str = ""
    attention: str = "hyperbolic"
    window: int = 0
    length: int = 0
    depth: int = 2
    embed_dim: int = 128
    num_heads: int = 4
    num_features: int = 128
    batch: int = 8
    learning_rate: float = 1e-3
    warmup: int = 20
    clip: float = 1.0
    redraw_every: int = 0
    seed: int = 0
    held_out: int = 32
    device: str = "cpu"

    def __post_init__(self) -> None:
        task = TASKS[one_of(_CLASS, "task", self.task, tuple(TASKS))]
        objective = self.objective or task.objectives[0]
        length = task.length if self.length == 0 else whole(_CLASS, "length", self.length, 2)
        if length > task.most:
            raise ValueError(f"{_CLASS}: length is {length}, expected at most {task.most}")
        # Python's own numbers and words, which a checkpoint can be read with, not NumPy's.
        kept: dict[str, Any] = {
            "task": str(self.task),
            "objective": str(one_of(_CLASS, "objective", objective, task.objectives)),
            "attention": str(one_of(_CLASS, "attention", self.attention, tuple(ATTENTIONS))),
            "length": length,
        }
        for name in ("depth", "embed_dim", "num_heads", "num_features", "batch", "held_out"):
            kept[name] = whole(_CLASS, name, getattr(self, name), 1)
        for name in ("window", "warmup", "redraw_every"):
            kept[name] = whole(_CLASS, name, getattr(self, name), 0)
        for name in ("learning_rate", "clip"):
            kept[name] = positive(_CLASS, name, getattr(self, name))
        kept |= {
            "seed": seed_of(_CLASS, self.seed),
            "device": str(word(_CLASS, "device", self.device)),
        }
        for name, value in kept.items():
            object.__setattr__(self, name, value)
        if self.embed_dim % self.num_heads != 0:
            raise ValueError(
                f"{_CLASS}: embed_dim is {self.embed_dim}, expected a multiple of num_heads "
                f"({self.num_heads})"
            )

    def to_dict(self) -> dict[str, Any]:
        """The members by name."""
        return dataclasses.asdict(self)
