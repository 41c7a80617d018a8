# SPDX-License-Identifier: Apache-2.0
"""Sums of parts, merged in an order that depends on nothing but the parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Self


class Mergeable(Protocol):
    """What takes in another of its kind, and can be copied."""

    def copy(self) -> Self:
        """One of its own."""
        ...

    def merge(self, other: Any, /) -> Self:
        """Take in what the other has seen; returns this."""
        ...


M = TypeVar("M", bound=Mergeable)


T = TypeVar("T")


def folded(items: Iterable[T], join: Callable[[T, T], T]) -> T:
    """Items joined in a fixed tree: of n, ``2 ** k`` on the left and the rest on the right."""
    trees: list[tuple[int, T]] = []
    for item in items:
        size, tree = 1, item
        while trees and trees[-1][0] == size:
            left = trees.pop()
            size, tree = size + left[0], join(left[1], tree)
        trees.append((size, tree))
    while len(trees) > 1:
        last = trees.pop()
        left = trees.pop()
        trees.append((left[0] + last[0], join(left[1], last[1])))
    return trees[0][1]


class _Held(NamedTuple):
    state: Any
    is_ours: bool


def _joined(left: _Held, right: _Held) -> _Held:
    state = left.state if left.is_ours else left.state.copy()
    return _Held(state.merge(right.state), True)


def _checked(states: Iterable[Any]) -> Iterator[_Held]:
    if not hasattr(states, "__iter__"):
        raise TypeError(
            f"merge_in_order: states is {type(states).__name__}, expected an iterable of states"
        )
    empty = True
    for i, state in enumerate(states):
        if not (hasattr(state, "merge") and hasattr(state, "copy")):
            raise TypeError(
                f"merge_in_order: states[{i}] is {type(state).__name__}, which cannot be merged"
            )
        empty = False
        yield _Held(state, False)
    if empty:
        raise ValueError("merge_in_order: states is empty, expected at least one")


def merge_in_order(states: Iterable[M]) -> M:
    """Merge states in a fixed tree: neighbours first, then pairs of pairs.

    Rounding depends on the order of a sum; this order depends only on how many states there are,
    so the bits are the same whichever of them was ready first. Of n states, ``2 ** k`` on the left
    (the largest power of two below n) and the rest on the right are merged by themselves, then with
    each other. n - 1 merges; of states that come one by one, log2(n) + 1 are held.

    Parameters
    ----------
    states : iterable of states
        Of one kind, in order: `NormalEquations`, `AttentionState`, `MeanEmbedding`, `LogisticSums`,
        `GramErrorCurve`, or whatever has `merge` and `copy`. They do not change.

    Returns
    -------
    state
        A new one, also of a single one.

    Raises
    ------
    ValueError
        Without a state, and as `merge`.
    TypeError
        Where one cannot be merged.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> features = bo.FeatureMap(bo.FeatureMapSpec(2, 16, seed=1))
    >>> parts = [
    ...     bo.NormalEquations(features).add(rng.normal(size=(n, 2)), rng.normal(size=n))
    ...     for n in (100, 0, 50)
    ... ]
    >>> bo.merge_in_order(parts).num_rows
    150
    """
    held = folded(_checked(states), _joined)
    merged: M = held.state
    return merged if held.is_ours else merged.copy()
