# SPDX-License-Identifier: Apache-2.0
"""Sums that are columns of one number per feature: how they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._map import FeatureMap
from bochner._mapped import Mapped
from bochner._options import dtype_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

# A model's archive has all that such sums need: the map with its witness, columns and constants.
_MODEL = "ridge_regression"
_MODEL_WORDS = {"ridge": "0", "intercept": "none", "posterior": "mean"}


class LinearSums(Mapped, Kept):
    """A column, or several, of one number per feature and one besides, over a count of rows."""

    __slots__ = ("_columns", "_constants", "_dtype", "_map", "_num_rows")

    _KIND: str

    _columns: NDArray[np.float64]
    _constants: NDArray[np.float64]
    _num_rows: int

    def _hold(
        self,
        drawn: FeatureMap,
        dtype: np.dtype[Any],
        columns: NDArray[np.float64],
        constants: NDArray[np.float64],
        num_rows: int,
    ) -> None:
        self._map = drawn
        self._dtype = dtype
        self._columns = columns
        self._constants = constants
        self._num_rows = num_rows

    def _further_words(self) -> dict[str, str]:
        """What else is kept."""
        return {}

    def _take_words(self, words: dict[str, str]) -> None:
        """The inverse."""

    def _state(self) -> State:
        held = _core.ridge_of(
            self._map._map,
            bool(self._dtype == np.float32),
            0.0,
            False,
            np.ascontiguousarray(self._columns),
            self._constants.tolist(),
            [0.0] * len(self._constants),
        )
        words, arrays = held.save()
        words = {name: word for name, word in words.items() if name not in _MODEL_WORDS}
        counted = {"kind": self._KIND, "num_rows": str(self._num_rows)}
        return {**words, **counted, **self._further_words()}, arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        kind = words.get("kind")
        if kind != cls._KIND:
            raise ValueError(
                f"{cls.__name__}: the archive holds a {kind!r}, expected a {cls._KIND!r}"
            )
        held = _core.Ridge.load({**words, **_MODEL_WORDS, "kind": _MODEL}, arrays)
        made = cls.__new__(cls)
        made._hold(
            FeatureMap(held.spec),
            dtype_of(held.single),
            np.asarray(held.coefficients()),
            np.asarray(held.intercepts()),
            made._word(words, "num_rows", int),
        )
        made._take_words(words)
        return made

    def _word(self, words: dict[str, str], name: str, kind: type[Any]) -> Any:
        """A finite number, at least 0, among the words."""
        try:
            number = kind(words[name])
        except (KeyError, ValueError):
            number = None
        if number is None or not 0 <= number < float("inf"):
            raise ValueError(
                f"{type(self).__name__}: '{name}' is {words.get(name)!r}, expected a number"
            )
        return number

    @property
    def num_rows(self) -> int:
        """Rows that are in."""
        return self._num_rows

    def copy(self) -> Self:
        """Sums of their own over the same rows."""
        made = object.__new__(type(self))
        made._hold(
            self._map, self._dtype, self._columns.copy(), self._constants.copy(), self._num_rows
        )
        made._take_words(self._further_words())
        return made

    def _add(self, other: LinearSums) -> None:
        name = f"{type(self).__name__}.merge"
        if type(other) is not type(self):
            raise TypeError(f"{name}: other is {type(other).__name__}, not {type(self).__name__}")
        if other._map != self._map:
            raise ValueError(f"{name}: other has the map {other._map.spec}, not {self._map.spec}")
        if other._dtype != self._dtype:
            raise TypeError(f"{name}: other has dtype {other._dtype}, expected {self._dtype}")
        if other._columns.shape != self._columns.shape:
            raise ValueError(
                f"{name}: other has {other._columns.shape[1]} classes, expected "
                f"{self._columns.shape[1]}"
            )
        self._columns = self._columns + other._columns
        self._constants = self._constants + other._constants
        self._num_rows += other._num_rows
