# SPDX-License-Identifier: Apache-2.0
"""What can be kept: in a file, in bytes, in a pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bochner import _core
from bochner._options import path

if TYPE_CHECKING:
    import os

    from typing_extensions import Self

State: TypeAlias = tuple[dict[str, str], dict[str, Any]]
"""Words and arrays by name."""


def archive_of(function: str, data: object) -> State:
    """Words and arrays of bytes, of which nothing is trusted."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"{function}: data is {type(data).__name__}, expected bytes")
    words, arrays = _core.archive_from_bytes(bytes(data))
    return words, arrays


class Kept:
    """An object that is words and arrays."""

    __slots__ = ()

    def _state(self) -> State:
        raise NotImplementedError

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        raise NotImplementedError

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write everything to a file, which appears whole or not at all.

        Parameters
        ----------
        file : path
            In the safetensors layout.

        Raises
        ------
        OSError
            When it cannot be written.
        """
        _core.write_archive(path("save", "file", file), *self._state())

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> Self:
        """What `save` wrote.

        Parameters
        ----------
        file : path
            Of which nothing is trusted: truncated, damaged or contradictory ones are refused.

        Raises
        ------
        OSError
            For a file that is not whole.
        ValueError
            For a file of something else.
        """
        return cls._restored(*_core.read_archive(path("load", "file", file)))

    def to_bytes(self) -> bytes:
        """The bytes that `save` writes."""
        return bytes(_core.archive_to_bytes(*self._state()))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """What `to_bytes` gave.

        Parameters
        ----------
        data : bytes
            Trusted as little as a file.

        Raises
        ------
        ValueError
            For bytes of something else, or not all of them.
        """
        return cls._restored(*archive_of("from_bytes", data))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._unpickled, self._state()

    @classmethod
    def _unpickled(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        return cls._restored(words, aligned(arrays))


def aligned(arrays: dict[str, Any]) -> dict[str, Any]:
    """Arrays as the library reads them: what is unpickled from a network may begin anywhere."""
    return {name: np.require(array, requirements="A") for name, array in arrays.items()}
