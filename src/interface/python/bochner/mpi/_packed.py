# SPDX-License-Identifier: Apache-2.0
"""States whose numbers add up, as one vector."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._logistic_sums import LogisticSums
from bochner._mean_embeddings import MeanEmbedding
from bochner._normal_equations import NormalEquations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from typing_extensions import Self


@dataclasses.dataclass(frozen=True)
class _Additive:
    """What of an archive adds up: arrays, counts and other numbers. The rest must be equal."""

    arrays: tuple[str, ...]
    counts: tuple[str, ...]
    numbers: tuple[str, ...] = ()


_LINEAR = ("coefficients", "intercepts")

_KINDS: dict[type[Any], _Additive] = {
    NormalEquations: _Additive(("sums",), ("num_rows",), ("log_weights",)),
    MeanEmbedding: _Additive(("sums", "totals"), ("num_rows",)),
    LogisticSums: _Additive(_LINEAR, ("num_rows",), ("weight", "loss")),
}


def is_additive(state: object) -> bool:
    """Whether a state is a vector to be added to others."""
    return type(state) in _KINDS


def without_pending(sums: NormalEquations) -> NormalEquations:
    """The same sums with no rows waiting; more rows would begin a block."""
    empty = NormalEquations(
        sums.feature_map,
        num_targets=None if sums._vector else sums.num_targets,
        target_offset=list(sums._equations.target_offset) or None,
        dtype=sums.dtype,
    )
    return empty.merge(sums)


@dataclasses.dataclass
class Packed:
    """A state as words and arrays, of which `vector` is what adds up.

    Attributes
    ----------
    kind : type
        Of the state.
    words, arrays
        Of the archive; arrays that add up are not among them.
    vector : vector of doubles
    """

    kind: type[Any]
    words: dict[str, str]
    arrays: dict[str, NDArray[Any]]
    vector: NDArray[np.float64]
    shapes: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, state: Any) -> Self:
        """A state that `is_additive`, none of whose rows wait."""
        words, arrays = state._state()
        additive = _KINDS[type(state)]
        added = [arrays.pop(name) for name in additive.arrays]
        numbers = [float(words.pop(name)) for name in additive.numbers]
        shapes = {name: one.shape for name, one in zip(additive.arrays, added, strict=True)}
        parts = [one.ravel() for one in added]
        words["numbers"] = " ".join(map(repr, numbers))
        vector = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return cls(type(state), words, arrays, vector, shapes)

    def identity(self) -> Mapping[str, Any]:
        """What must be the same of two that are added."""
        additive = _KINDS[self.kind]
        changing = {*additive.counts, "numbers"}
        digests = {
            name: hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
            for name, array in sorted(self.arrays.items())
        }
        words = {name: word for name, word in self.words.items() if name not in changing}
        return {"the state": self.kind.__name__, **words, **digests}

    def counted(self) -> dict[str, str]:
        """The words that add up."""
        names = (*_KINDS[self.kind].counts, "numbers")
        return {name: self.words[name] for name in names}

    def count(self, other: Mapping[str, str]) -> None:
        """Add the words of another."""
        for name in _KINDS[self.kind].counts:
            self.words[name] = str(int(self.words[name]) + int(other[name]))
        mine, theirs = (map(float, w["numbers"].split()) for w in (self.words, other))
        self.words["numbers"] = " ".join(repr(a + b) for a, b in zip(mine, theirs, strict=True))

    def state(self) -> Any:
        """The state that this is; takes the arrays with it."""
        additive = _KINDS[self.kind]
        words = dict(self.words)
        values = words.pop("numbers", "").split()
        words |= dict(zip(additive.numbers, values, strict=True))
        arrays, first = dict(self.arrays), 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape))
            arrays[name] = self.vector[first : first + size].reshape(shape)
            first += size
        return self.kind._restored(words, arrays)
