# SPDX-License-Identifier: Apache-2.0
"""Partitions are summed where they are, and their sums merged in a fixed tree."""

from __future__ import annotations

import contextlib
import functools
import os
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from bochner import _core
from bochner._map import FeatureMap
from bochner._merging import folded
from bochner._progress import progress
from bochner.dask._available import dask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bochner._core.options import FeatureMapSpec

LIBRARY = f"bochner {_core.version}"
"""What makes sums here: sums of another version are not merged with them."""

_ARGUMENTS = ("X", "Y", "y", "groups", "sample_weight")


class Summed(NamedTuple):
    """Sums over partitions, and who made them."""

    state: Any
    library: str
    where: str


@functools.lru_cache(maxsize=8)
def drawn(spec: FeatureMapSpec) -> FeatureMap:
    """The map of a spec, drawn once a process."""
    return FeatureMap(spec)


def _worker() -> Any:
    try:
        from distributed import get_worker

        return get_worker()
    except (ImportError, ValueError):
        return None


def refused(function: str, index: int, error: Exception) -> Exception:
    """The same refusal, naming the call and the partition."""
    head, colon, rest = str(error).partition(": ")
    inner = rest if colon and " " not in head and head not in _ARGUMENTS else str(error)
    kind = TypeError if isinstance(error, TypeError) else ValueError
    return kind(f"{function}: partition {index}: {inner}")


def on_partition(
    function: str, index: int, topic: str | None, work: Callable[..., Any], *blocks: Any
) -> Summed:
    """`work` of a partition's blocks, on a worker."""
    worker = _worker()
    try:
        state = work(*blocks)
    except (TypeError, ValueError) as error:
        raise refused(function, index, error) from error
    except MemoryError:
        raise MemoryError(f"{function}: partition {index} does not fit into memory") from None
    if worker is not None and topic is not None:
        worker.log_event(topic, index)
    where = f"process {os.getpid()}" if worker is None else f"worker {worker.address}"
    return Summed(state, LIBRARY, f"partition {index} on {where}")


def _require_same_library(function: str, left: Summed, right: Summed) -> None:
    if left.library != right.library:
        raise RuntimeError(
            f"{function}: {left.where} was summed by {left.library}, {right.where} by "
            f"{right.library}; expected one version on all workers"
        )


def joined(function: str, left: Summed, right: Summed) -> Summed:
    """Sums over neighbours. Neither changes: a scheduler may hand it out again."""
    _require_same_library(function, left, right)
    return Summed(left.state.copy().merge(right.state), left.library, left.where)


class _Leaves:
    """Counts the partitions that are done."""

    def __init__(self, keys: Sequence[str], show: Callable[..., object]) -> None:
        self.keys, self.show, self.done = frozenset(keys), show, 0

    def one(self, *_event: object) -> None:
        self.done += 1
        self.show("partitions", self.done, len(self.keys), "partitions")

    def posttask(self, key: Any, *_rest: object) -> None:
        if key in self.keys:
            self.one()


def _client() -> Any:
    """The client that would compute, if one of `distributed` does."""
    owner = getattr(dask.base.get_scheduler(), "__self__", None)
    return owner if hasattr(owner, "subscribe_topic") else None


@contextlib.contextmanager
def _counted(topic: str, leaves: _Leaves) -> Iterator[None]:
    client = _client()
    if client is None:
        from dask.callbacks import Callback

        with Callback(posttask=leaves.posttask):
            yield
        return
    client.subscribe_topic(topic, leaves.one)
    try:
        yield
    finally:
        client.unsubscribe_topic(topic)


def computed(function: str, graph: Any) -> Any:
    """What a delayed object is, by the scheduler of the moment."""
    try:
        return dask.compute(graph)[0]
    except Exception as error:
        if type(error).__name__ != "KilledWorker":
            raise
        raise RuntimeError(
            f"{function}: workers died again and again at the same task ({error}), most often for "
            "want of memory; give them more, or fewer threads or features"
        ) from error


def summed(
    function: str,
    work: Callable[..., Any],
    blocks: Sequence[Sequence[Any]],
    on_progress: Any = None,
) -> Any:
    """``work(*blocks[i])`` of every partition, merged in a fixed tree."""
    token = uuid.uuid4().hex
    topic = f"bochner-partitions-{token}" if on_progress is not None else None
    shared = dask.delayed(work, name=f"bochner-work-{token}", traverse=False)
    keys = [f"bochner-rows-{token}-{i}" for i in range(len(blocks))]
    leaf = dask.delayed(on_partition, pure=False)
    join = dask.delayed(joined, pure=False)
    leaves = [
        leaf(function, i, topic, shared, *parts, dask_key_name=key)
        for i, (parts, key) in enumerate(zip(blocks, keys, strict=True))
    ]
    root = folded(leaves, lambda left, right: join(function, left, right))
    with contextlib.ExitStack() as stack:
        if topic is not None:
            show = stack.enter_context(progress(function, "on_progress", on_progress))
            stack.enter_context(_counted(topic, _Leaves(keys, show)))
        found: Summed = computed(function, root)
    _require_same_library(function, found, Summed(None, LIBRARY, "the caller's process"))
    return found.state
