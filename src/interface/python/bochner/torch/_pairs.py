# SPDX-License-Identifier: Apache-2.0
"""Exact pairs as text, as graphs and checkpoints hold them."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, TypeAlias

from bochner._core.options import ExactPairs, KeyBlocks

Pairs: TypeAlias = "ExactPairs | str | None"
"""Which pairs are weighed exactly: the options, or their text."""

_COUNTS = ("window", "first_keys", "heaviest_keys")
_BLOCK_COUNTS = ("count", "query_rows", "key_rows")
_ORDER = "blocks.order"
_NAMES = (*_COUNTS, *(f"blocks.{name}" for name in _BLOCK_COUNTS), _ORDER)


def pairs_text(function: str, exact: Pairs) -> str:
    """The members that are not zero, as "window=16 first_keys=4"; empty for none."""
    if exact is None:
        return ""
    if isinstance(exact, str):
        return exact
    if not isinstance(exact, ExactPairs):
        raise TypeError(
            f"{function}: exact is {type(exact).__name__}, expected ExactPairs, its text or None"
        )
    words = [f"{name}={getattr(exact, name)}" for name in _COUNTS if getattr(exact, name) != 0]
    blocks = exact.blocks
    if blocks.count != 0:
        words += [f"blocks.{name}={getattr(blocks, name)}" for name in (*_BLOCK_COUNTS, "order")]
    return " ".join(words)


class PairCounts(NamedTuple):
    """What plain torch needs of them."""

    window: int
    first_keys: int
    heaviest_keys: int
    blocks: int


def _members(text: str) -> dict[str, str]:
    """Of plain words alone, so that a graph can be traced through it."""
    members: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        known = name in _NAMES and value != ""
        if not known or not (name == _ORDER or value.removeprefix("-").isdecimal()):
            raise ValueError(
                f"attention: exact holds {word!r}, expected name=number with one of "
                f"{', '.join(_NAMES)}"
            )
        members[name] = value
    return members


def counts_of(text: str) -> PairCounts:
    """The counts that a text holds."""
    members = _members(text)
    counts = [int(members.get(name, "0")) for name in (*_COUNTS, "blocks.count")]
    for name, count in zip(_NAMES, counts, strict=False):
        if count < 0:
            raise ValueError(f"attention: exact.{name} is {count}, expected at least 0")
    return PairCounts(*counts)


@functools.lru_cache(maxsize=1024)
def pairs_of(text: str) -> ExactPairs:
    """The options that a text stands for."""
    members = _members(text)
    counts = {name: int(members[name]) for name in _COUNTS if name in members}
    blocks = {
        name: int(members[f"blocks.{name}"])
        for name in _BLOCK_COUNTS
        if f"blocks.{name}" in members
    }
    order: dict[str, Any] = {"order": members[_ORDER]} if _ORDER in members else {}
    return ExactPairs(**counts, blocks=KeyBlocks(**{**blocks, **order}))
