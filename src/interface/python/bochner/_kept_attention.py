# SPDX-License-Identifier: Apache-2.0
"""What a state of attention is made of, and how it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import aligned, archive_of
from bochner._arrays import Array, ArrayLike, integers, numbers
from bochner._attention_inputs import HeldMaps, Maps, each_map, held_maps
from bochner._options import dtype_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self


class KeptAttention:
    """A state of attention with its extents: copied, saved and restored."""

    __slots__ = ("_batch", "_dtype", "_key_heads", "_map", "_state", "_value_dim")

    _map: HeldMaps
    _batch: int
    _key_heads: int
    _value_dim: int
    _dtype: np.dtype[Any]
    _state: _core.AttentionState

    def _set(
        self,
        feature_map: HeldMaps,
        batch: int,
        key_heads: int,
        value_dim: int,
        dtype: np.dtype[Any],
    ) -> None:
        self._map = feature_map
        self._batch = batch
        self._key_heads = key_heads
        self._value_dim = value_dim
        self._dtype = dtype

    def _with(self, state: _core.AttentionState, batch: int) -> Self:
        made = object.__new__(type(self))
        made._set(self._map, batch, self._key_heads, self._value_dim, self._dtype)
        made._state = state
        return made

    @property
    def feature_map(self) -> HeldMaps:
        """The map of all heads, or a tuple of those of the key heads."""
        return self._map

    @property
    def batch(self) -> int:
        """Batch entries."""
        return self._batch

    @property
    def key_heads(self) -> int:
        """Key heads."""
        return self._key_heads

    @property
    def value_dim(self) -> int:
        """Columns of the values, d_v."""
        return self._value_dim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of keys, values and results."""
        return self._dtype

    @property
    def length(self) -> int:
        """Keys seen so far by the batch entry that has seen most, the same for all heads."""
        return self._state.length()

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Keys seen so far by each batch entry: live ones only."""
        return np.array(self._state.lengths(), np.int64)

    def copy(self) -> Self:
        """A state of its own that has seen the same."""
        return self._with(self._state.copy(), self._batch)

    def save(self) -> dict[str, str | NDArray[Any]]:
        """The state as words and arrays: exact.

        `load` is the inverse, also by way of ``np.savez(path, **state.save())`` and
        ``np.load(path)``.

        Returns
        -------
        dict
            Strings and matrices by name.

        Examples
        --------
        >>> import bochner as bo
        >>> spec = bo.FeatureMapSpec(2, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
        >>> archive = bo.AttentionState(spec, 3, 1, 2).save()
        >>> bo.AttentionState.load(spec, archive).batch
        3
        """
        words, arrays = self._state.save()
        return {**words, **arrays}

    @classmethod
    def load(cls, feature_map: Maps, archive: Mapping[str, Any]) -> Self:
        """The state that `save` wrote.

        Parameters
        ----------
        feature_map : FeatureMap, FeatureMapSpec or str, or a sequence of them
            The map that the state is of, or those of its key heads: drawn once, and shared where
            it is a FeatureMap.
        archive : mapping
            What `save` returned, or an archive of NumPy's that holds it.

        Returns
        -------
        AttentionState

        Raises
        ------
        ValueError
            When the archive is not a whole state, is one of another map, or holds a NaN or an
            infinity.
        """
        name = "AttentionState.load"
        if not isinstance(archive, Mapping):
            raise TypeError(f"{name}: archive is {type(archive).__name__}, expected a mapping")
        words: dict[str, str] = {}
        arrays: dict[str, Array] = {}
        for key in archive:
            value = archive[key]
            if isinstance(value, str):
                words[key] = value
            elif isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.ndim == 0:
                words[key] = str(value)
            else:
                arrays[key] = numbers(name, key, value, "rows, columns")
        key_heads = words.get("key_heads", "")
        shared = held_maps(name, feature_map, int(key_heads) if key_heads.isdecimal() else None)
        state = _core.AttentionState.load(
            [m._map for m in each_map(shared)], words, arrays, words.get("scalar") == "float"
        )
        dtype = dtype_of(words["scalar"] == "float")
        made = object.__new__(cls)
        made._set(
            shared, int(words["batch"]), int(words["key_heads"]), int(words["value_dim"]), dtype
        )
        made._state = state
        return made

    def to_bytes(self) -> bytes:
        """The state as bytes, in the layout of a file, with a digest that covers every bit."""
        return bytes(_core.archive_to_bytes(*self._state.save()))

    @classmethod
    def from_bytes(cls, data: bytes, *, feature_map: Maps | None = None) -> Self:
        """The state that `to_bytes` gave.

        Parameters
        ----------
        data : bytes
            Of which nothing is trusted: truncated, damaged or contradictory ones are refused.
        feature_map : FeatureMap, FeatureMapSpec or str, or a sequence of them, optional
            The map that the state is of, or those of its key heads: drawn once, and shared where it
            is a FeatureMap. Without it the bytes say; given frequencies they do not hold.

        Returns
        -------
        AttentionState

        Raises
        ------
        ValueError
            When the bytes are not a whole state, or one of another map.

        Examples
        --------
        >>> import bochner as bo
        >>> spec = bo.FeatureMapSpec(2, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
        >>> state = bo.AttentionState(spec, 3, 1, 2)
        >>> bo.AttentionState.from_bytes(state.to_bytes()).batch
        3
        """
        words, arrays = archive_of("from_bytes", data)
        if words.get("kind") != "attention_state":
            raise ValueError(
                f"from_bytes: the archive holds a {words.get('kind')!r}, expected an "
                "'attention_state'"
            )
        if feature_map is None:
            heads = sum(name.startswith("map_") for name in words)
            feature_map = words.get("map") or [words.get(f"map_{h}", "") for h in range(heads)]
        return cls.load(feature_map, {**words, **arrays})

    def select(self, batch: ArrayLike) -> Self:
        """The state whose batch entry i has seen what entry ``batch[i]`` of this one has.

        Entries may come several times, in any order, or not at all, as the beams of a search do
        when some go on and others end. Each goes on with the bits that its origin would have.

        Parameters
        ----------
        batch : integers of shape (n,)
            Batch entries, from 0.

        Returns
        -------
        AttentionState
            A new one, with n batch entries.

        Raises
        ------
        ValueError
            When an entry is not one of this state's batch.

        Examples
        --------
        >>> import numpy as np
        >>> import bochner as bo
        >>> spec = bo.FeatureMapSpec(2, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
        >>> x = np.random.default_rng(0).normal(size=(3, 1, 5, 2))
        >>> beams = bo.AttentionState(spec, 3, 1, 2, dtype=x.dtype).append(x, x)
        >>> kept = beams.select([2, 2, 0])
        >>> q = np.ones((3, 1, 1, 2))
        >>> np.array_equal(kept.attend(q), beams.attend(q)[[2, 2, 0]])
        True
        """
        entries = integers("AttentionState.select", "batch", batch, "entries")
        return self._with(self._state.select(entries), entries.shape[0])

    def reset(self) -> Self:
        """Forget everything.

        Returns
        -------
        AttentionState
            This one.
        """
        self._state.reset()
        return self

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        memo[id(self)] = made = self.copy()
        return made

    def __reduce__(self) -> tuple[Callable[..., KeptAttention], tuple[Any, ...]]:
        return _unpickled, (type(self), self._map, *self._state.save())


def _unpickled(
    kind: type[KeptAttention], maps: HeldMaps, words: dict[str, str], arrays: dict[str, Any]
) -> KeptAttention:
    return kind.load(maps, {**words, **aligned(arrays)})
