# SPDX-License-Identifier: Apache-2.0
"""Ranks that do something together, or none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bochner import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

LIBRARY = f"bochner {_core.version}"

_KINDS: tuple[type[Exception], ...] = (TypeError, ValueError, OSError, MemoryError)


class Gathering(Protocol):
    """Ranks that can tell each other things: a communicator of mpi4py is one."""

    @property
    def rank(self) -> int:
        """The number of this one."""
        ...

    def allgather(self, sendobj: Any, /) -> list[Any]:
        """What each rank says, in their order."""
        ...


def together(function: str, comm: Gathering, work: Callable[[], T]) -> T:
    """What `work` returns here; what it raises on one rank is raised on all of them."""
    result: Any = None
    failure: tuple[int, str] | None = None
    own: Exception | None = None
    try:
        result = work()
    except Exception as error:
        own = error
        kind = next((k for k, one in enumerate(_KINDS) if isinstance(error, one)), len(_KINDS))
        text = str(error).removeprefix(f"{function}: ")
        failure = kind, text if kind < len(_KINDS) else f"{type(error).__name__}: {text}"
    for rank, found in enumerate(comm.allgather(failure)):
        if found is None:
            continue
        kind, text = found
        raised = (*_KINDS, RuntimeError)[kind](f"{function}: rank {rank}: {text}")
        raise raised from own if rank == comm.rank else raised
    done: T = result
    return done


def agreed(function: str, comm: Gathering, said: Mapping[str, Any] | None) -> dict[str, Any]:
    """What all ranks say that say anything; raises on all of them where two differ."""
    everyone = comm.allgather(None if said is None else {"library": LIBRARY, **said})
    speakers = [(rank, words) for rank, words in enumerate(everyone) if words is not None]
    if not speakers:
        raise ValueError(f"{function}: no rank has rows")
    first, expected = speakers[0]
    for rank, words in speakers[1:]:
        for name in (*expected, *(name for name in words if name not in expected)):
            if words.get(name) != expected.get(name):
                raise ValueError(
                    f"{function}: {name} is {expected.get(name)} on rank {first} and "
                    f"{words.get(name)} on rank {rank}, expected the same everywhere"
                )
    agreement: dict[str, Any] = expected
    return agreement
