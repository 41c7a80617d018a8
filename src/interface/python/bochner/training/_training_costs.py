# SPDX-License-Identifier: Apache-2.0
"""Time and memory of a training step against the length of the sequence."""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from bochner._options import path as path_of
from bochner._options import several, whole
from bochner._progress import progress as watched
from bochner._results import Result
from bochner.training._kernel_runs import failed
from bochner.training._model import SequenceModel
from bochner.training._training_options import TrainingOptions
from bochner.training._whole_files import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bochner._study_inputs import Doubles, Integers, Strings

_NAME = "training_costs"
_VOCABULARY = 256
# What warms up: code that is loaded, and the memory that this takes.
_SHORT = 64


@dataclasses.dataclass(frozen=True, eq=False)
class TrainingCosts(Result):
    """Of a step forward and backward on one sequence, one entry per attention and length.

    Attributes
    ----------
    attention : array of str
    window, length : array of int
    status : array of str
        "done", or why there is no number.
    microseconds : array
        Per token, the median of the timed steps.
    bytes : array
        Of the largest memory beyond that of a short sequence, per token.
    """

    attention: Strings
    window: Integers
    length: Integers
    status: Strings
    microseconds: Doubles
    bytes: Doubles


def training_costs(
    folder: str | Path,
    *,
    attentions: Sequence[str] = ("exact", "favor"),
    windows: Sequence[int] = (0,),
    lengths: Sequence[int] = (256, 1024, 4096, 16384),
    timed_steps: int = 3,
    progress: Callable[..., object] | str | None = None,
    **model: Any,
) -> TrainingCosts:
    """Measure a training step on sequences of several lengths, each in a process of its own.

    Measurements are kept in `folder` one by one, and not made again unless they failed.

    Parameters
    ----------
    folder : path
    attentions : sequence of str
        Of `ATTENTIONS`.
    windows : sequence of int
    lengths : sequence of int
    timed_steps : int
        After one that is not timed.
    progress : callable or "bar", optional
        Called with "costs", measurements done, all of them and "lengths".
    **model
        Members of `TrainingOptions` such as `depth` and `device`.

    Returns
    -------
    TrainingCosts

    Raises
    ------
    TypeError, ValueError
        On options out of range.

    Examples
    --------
    >>> import tempfile
    >>> from bochner.training import training_costs
    >>> costs = training_costs(
    ...     tempfile.mkdtemp(), attentions=["favor"], lengths=[64, 128], embed_dim=32)
    >>> costs.status.tolist()
    ['done', 'done']
    """
    place = Path(path_of(_NAME, "folder", folder))
    runs = whole(_NAME, "timed_steps", timed_steps, 1)
    plans = [
        TrainingOptions(task="text", attention=attention, window=window, length=length, **model)
        for attention in dict.fromkeys(several(_NAME, "attentions", attentions))
        for window in dict.fromkeys(several(_NAME, "windows", windows))
        for length in dict.fromkeys(several(_NAME, "lengths", lengths))
    ]
    found: list[dict[str, Any]] = []
    with watched(_NAME, "progress", progress) as show:
        for options in plans:
            name = f"{options.attention}-window{options.window}-length{options.length}.json"
            found.append(_kept(place / "costs" / name, options, runs))
            if show is not None:
                show("costs", len(found), len(plans), "lengths")
    columns = {
        field.name: np.array([entry[field.name] for entry in found])
        for field in dataclasses.fields(TrainingCosts)
    }
    return TrainingCosts(**columns)


def _kept(file: Path, options: TrainingOptions, runs: int) -> dict[str, Any]:
    """The measurement of a file, made where there is none of these options."""
    wanted = {**options.to_dict(), "timed_steps": runs}
    if file.exists():
        kept: dict[str, Any] = json.loads(file.read_text())
        if kept["options"] == wanted and not failed(kept):
            return kept
    entry = {"options": wanted, **_apart(options, runs)}
    write_text(file, json.dumps(entry) + "\n")
    return entry


def _apart(options: TrainingOptions, runs: int) -> dict[str, Any]:
    """Measured by a process that has done nothing before, whose peak is this step's."""
    asked = {"options": options.to_dict(), "runs": runs, "threads": torch.get_num_threads()}
    program = f"from {__name__} import answer; answer()"
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(asked)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        check=False,
        text=True,
    )
    entry: dict[str, Any] = {
        "attention": options.attention,
        "window": options.window,
        "length": options.length,
        "status": f"failed: its process ended with status {done.returncode}",
        "microseconds": float("nan"),
        "bytes": float("nan"),
    }
    if done.returncode == 0:
        entry |= json.loads(done.stdout)
    return entry


def answer() -> None:
    """Print what is measured of the options in this process's argument."""
    asked = json.loads(sys.argv[1])
    options = TrainingOptions(**asked["options"])
    torch.set_num_threads(asked["threads"])
    try:
        seconds, peak = measured_step(options, asked["runs"])
    except (ValueError, RuntimeError, MemoryError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        kind = "refused" if isinstance(error, ValueError) else "failed"
        print(json.dumps({"status": f"{kind}: {reason}"}))
        return
    microseconds, size = 1e6 * seconds / options.length, peak / options.length
    print(json.dumps({"status": "done", "microseconds": microseconds, "bytes": size}))


def _peak(device: torch.device) -> int:
    """Bytes, of the device or of this program: what its parent had does not count."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


def measured_step(options: TrainingOptions, runs: int) -> tuple[float, int]:
    """Median seconds of a step, and the bytes that it took beyond a short sequence's."""
    device = torch.device(options.device)
    model = SequenceModel(options, options.length, _VOCABULARY, 0)

    def step(length: int) -> float:
        generator = torch.Generator().manual_seed(options.seed)
        tokens = torch.randint(_VOCABULARY, (1, length), generator=generator).to(device)
        start = time.perf_counter()
        loss = model(tokens, torch.zeros_like(tokens, dtype=torch.bool)).square().mean()
        loss.backward()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start

    step(min(_SHORT, options.length))
    before = _peak(device)
    step(options.length)
    peak = _peak(device) - before
    return statistics.median(step(options.length) for _ in range(runs)), peak
