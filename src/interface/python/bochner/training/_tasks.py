# SPDX-License-Identifier: Apache-2.0
"""The data sets, and what may be asked of each."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bochner._options import one_of, path, whole
from bochner.training import _pixels, _proteins, _text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bochner.training._rows import Sequences


class Task(NamedTuple):
    """A data set."""

    load: Callable[[Path, int], Sequences]
    """Its sequences from a folder of packages, in rows of a length."""
    objectives: tuple[str, ...]
    """What may be asked, the usual one first."""
    length: int
    """Of a row, unless another one is asked for."""
    most: int
    """The longest row."""
    in_bits: bool
    """Whether the loss is told in bits per token; otherwise as perplexity."""

    def told(self, loss: float) -> float:
        """A loss in nats in the unit that the field uses."""
        return loss / math.log(2) if self.in_bits else math.exp(min(loss, 700.0))


_LONGEST = 2**20

TASKS = {
    "pixels": Task(_pixels.load, ("next", "class"), _pixels.LENGTH, _pixels.LENGTH, True),
    "text": Task(_text.load, ("next",), 1024, _LONGEST, True),
    "proteins": Task(_proteins.load, ("next", "masked"), 512, _LONGEST, False),
}


def unit_of(question: str) -> str:
    """What `Task.told` tells, for a task and an objective such as "text-next"."""
    task, objective = question.split("-")
    if objective == "class":
        return "bits per image"
    return {"pixels": "bits per dimension", "text": "bits per byte"}.get(task, "perplexity")


def load_sequences(task: str, folder: str | Path, length: int | None = None) -> Sequences:
    """Sequences of a task, from Debian's packages.

    Packages that are not installed are downloaded with ``apt-get`` into `folder` and unpacked there
    [Xiao17 for the pixels; the manuals and the proteins say where they are from in their packages].

    Parameters
    ----------
    task : {"pixels", "text", "proteins"}
        Images of ``dataset-fashion-mnist``; bytes of ``debian-reference-en``, ``debian-policy``,
        ``developers-reference`` and ``debian-faq``; the database of ``mmseqs2-examples``.
    folder : path
        Where packages are unpacked.
    length : int, optional
        Of a row; 784, 1,024 and 512 without. Images have their first pixels.

    Returns
    -------
    Sequences
        ``train`` and ``held_out``, each with ``tokens`` (n, length), ``lengths`` and ``labels``;
        ``vocabulary`` and ``classes``.

    Raises
    ------
    TypeError, ValueError
        On another task or length.
    FileNotFoundError
        When a package is neither there nor to be had, naming it.

    Examples
    --------
    >>> from bochner.training import load_sequences
    >>> text = load_sequences("text", "build/performer/data", 256)  # doctest: +SKIP
    >>> text.train.tokens.shape[1], text.vocabulary  # doctest: +SKIP
    (256, 256)
    """
    function = "load_sequences"
    found = TASKS[one_of(function, "task", task, tuple(TASKS))]
    if length is None:
        length = found.length
    length = whole(function, "length", length, 2, found.most)
    return found.load(Path(path(function, "folder", folder)), length)
