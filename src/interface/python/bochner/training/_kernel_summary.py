# SPDX-License-Identifier: Apache-2.0
"""What a study of attentions found: means over seeds, and sentences."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bochner.training._attentions import label_of
from bochner.training._tasks import unit_of

if TYPE_CHECKING:
    from bochner.training._kernel_study import AttentionKernels


class Mean(NamedTuple):
    """Over seeds."""

    value: float
    error: float
    """One standard error; NaN of a single seed."""

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "-"
        return f"{self.value:.4g}" + ("" if math.isnan(self.error) else f" ± {self.error:.2g}")


def mean_of(values: object) -> Mean:
    """Of the numbers that are there."""
    there = np.asarray(values, float)
    there = there[np.isfinite(there)]
    if there.size == 0:
        return Mean(math.nan, math.nan)
    spread = there.std(ddof=1) / math.sqrt(there.size) if there.size > 1 else math.nan
    return Mean(float(there.mean()), float(spread))


@dataclasses.dataclass(frozen=True)
class KernelRow:
    """An attention on a question, over all seeds."""

    question: str
    attention: str
    window: int
    runs: int
    done: int
    at_steps: Mean
    at_seconds: Mean
    steps_at_seconds: Mean
    milliseconds: Mean
    """Per step."""
    spreads: float
    """Loss at equal steps above that of exact attention, over the standard deviation of the latter
    from seed to seed; NaN where there is none."""
    negative: float
    """Largest share over the runs, NaN where attention has no normaliser of features."""
    underflowed: float
    remarks: tuple[str, ...]
    """Why runs ended early."""

    @property
    def name(self) -> str:
        """With its window."""
        return label_of(self.attention, self.window)


def kernel_rows(study: AttentionKernels) -> list[KernelRow]:
    """Means over seeds, one row per question, attention and window, in the order of the study.

    Parameters
    ----------
    study : AttentionKernels

    Returns
    -------
    list of KernelRow
        With ``question``, ``attention``, ``window``; ``runs`` and how many of them are ``done``;
        ``at_steps``, ``at_seconds`` and others as `value` and standard `error`; and ``spreads``,
        the loss at equal steps above that of exact attention, in standard deviations of the latter
        from seed to seed.

    Examples
    --------
    >>> import tempfile
    >>> from bochner.training import attention_kernels, kernel_rows, sequences_of
    >>> words = list(b"to be or not to be, " * 20)
    >>> study = attention_kernels(
    ...     tempfile.mkdtemp(), "", questions=["text-next"], attentions=["exact"], windows=[0],
    ...     seeds=2, steps=2, seconds=0.01, lengths={"text": 32}, depth=1, embed_dim=16,
    ...     num_heads=2, sequences=lambda _: sequences_of([words], [words], 32, 256))
    >>> (row,) = kernel_rows(study)
    >>> row.done, row.at_steps.error > 0, abs(row.spreads) < 1e-9
    (2, True, True)
    """
    keys = list(
        zip(study.question.tolist(), study.attention.tolist(), study.window.tolist(), strict=True)
    )
    return [_row(study, key, keys) for key in dict.fromkeys(keys)]


def _row(
    study: AttentionKernels, key: tuple[str, str, int], keys: list[tuple[str, str, int]]
) -> KernelRow:
    here = np.array([each == key for each in keys])
    question, attention, window = key
    baseline = study.loss_at_steps[[each == (question, "exact", 0) for each in keys]]
    baseline = baseline[np.isfinite(baseline)]
    at_steps = mean_of(study.loss_at_steps[here])
    spread = baseline.std(ddof=1) if baseline.size > 1 else 0.0
    status = study.status[here]
    return KernelRow(
        question,
        attention,
        window,
        runs=int(here.sum()),
        done=int((status == "done").sum()),
        at_steps=at_steps,
        at_seconds=mean_of(study.loss_at_seconds[here]),
        steps_at_seconds=mean_of(study.steps_at_seconds[here]),
        milliseconds=mean_of(1e3 * study.seconds_per_step[here]),
        spreads=(at_steps.value - float(baseline.mean())) / spread if spread > 0 else math.nan,
        negative=_largest(study.negative[here]),
        underflowed=_largest(study.underflowed[here]),
        remarks=tuple(dict.fromkeys(status[status != "done"].tolist())),
    )


def _largest(values: object) -> float:
    there = np.asarray(values, float)
    there = there[np.isfinite(there)]
    return float(there.max()) if there.size else math.nan


def sentences(rows: list[KernelRow]) -> list[str]:
    """Two for each question: what was best after the same steps, and after the same time.

    Of attentions all of whose runs came to their end.
    """
    found = []
    for question in dict.fromkeys(row.question for row in rows):
        mine = [row for row in rows if row.question == question]
        for budget in ("steps", "seconds"):
            values = {
                row.name: getattr(row, f"at_{budget}") for row in mine if row.done == row.runs
            }
            values = {name: m for name, m in values.items() if not math.isnan(m.value)}
            if values:
                found.append(_sentence(question, budget, values))
    return found


def _sentence(question: str, budget: str, values: dict[str, Mean]) -> str:
    """The best, and all that cannot be told from it: two standard errors of the difference."""
    after = {"steps": "the same steps", "seconds": "the same time"}[budget]
    best = min(values, key=lambda name: values[name].value)
    error = values[best].error

    def close(name: str) -> bool:
        difference = values[name].value - values[best].value
        return name != best and difference <= 2.0 * math.hypot(error, values[name].error)

    near = [name for name in values if close(name)]
    text = f"{question}, after {after}: {best} is best, with {values[best]} {unit_of(question)}"
    if math.isnan(error):
        text += ", of one seed, which tells nothing apart"
    if near:
        text += f"; within two standard errors of it are {', '.join(near)}"
    exact = values.get("exact")
    if exact is not None and best != "exact":
        text += f"; exact attention has {exact}"
    return text + "."
