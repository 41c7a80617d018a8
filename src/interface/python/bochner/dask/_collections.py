# SPDX-License-Identifier: Apache-2.0
"""Dask's collections as partitions that belong together."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from bochner.dask._available import dask
from bochner.dask._blocks import Layout, scalar_of


def is_array(value: object) -> bool:
    """A dask array."""
    return isinstance(value, dask.array.Array)


def is_frame(value: object) -> bool:
    """A dask dataframe or a series of one."""
    return (
        dask.is_dask_collection(value)
        and hasattr(value, "map_partitions")
        and hasattr(value, "divisions")
    )


def is_series(value: Any) -> bool:
    """One column of a dask dataframe."""
    return is_frame(value) and value.ndim == 1


@dataclasses.dataclass(frozen=True)
class Partitioned:
    """A collection, cut along its rows only.

    Attributes
    ----------
    layout : Layout
    blocks : list
        One delayed object a partition.
    """

    layout: Layout
    blocks: list[Any]


def whole_rows(function: str, name: str, value: Any) -> Any:
    """A collection whose partitions hold whole rows; chunks of columns are joined."""
    if is_array(value):
        if value.ndim not in (1, 2):
            raise ValueError(f"{function}: {name} has {value.ndim} dimensions, expected 1 or 2")
        return value.rechunk({1: -1}) if value.ndim == 2 and value.numblocks[1] > 1 else value
    if is_frame(value):
        return value
    raise TypeError(
        f"{function}: {name} is {type(value).__name__}, expected a Dask array or dataframe"
    )


def as_rows(function: str, name: str, value: Any) -> tuple[Any, int]:
    """Rows of inputs, and how many columns they have."""
    rows = whole_rows(function, name, value)
    if rows.ndim != 2:
        raise ValueError(f"{function}: {name} has 1 dimension, expected 2 (rows, columns)")
    columns = len(rows.columns) if is_frame(rows) else rows.shape[1]
    if isinstance(columns, float):
        raise ValueError(f"{function}: {name} has an unknown number of columns")
    return rows, int(columns)


def layout_of(function: str, name: str, value: Any, dtype: Any = None) -> Layout:
    """What a collection says of its partitions."""
    try:
        if is_array(value):
            columns = None
            dtype = scalar_of(name, [value.dtype]) if dtype is None else dtype
        elif is_series(value):
            columns = (value.name,)
            dtype = scalar_of(name, [value.dtype]) if dtype is None else dtype
        else:
            columns = tuple(value.columns)
            if len(set(columns)) < len(columns):
                raise ValueError(f"{name} has two columns of one name: {list(columns)}")
            dtype = scalar_of(name, list(value.dtypes)) if dtype is None else dtype
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}: {error}") from None
    return Layout(name, columns, np.dtype(dtype), int(value.ndim))


def aligned(function: str, rows: Any, name: str, value: Any) -> Any:
    """What belongs to the rows of `rows`, in the same partitions."""
    value = whole_rows(function, name, value)
    if is_array(rows) and is_array(value) and value.chunks[0] != rows.chunks[0]:
        known = not any(map(math.isnan, (*rows.chunks[0], *value.chunks[0])))
        if known and value.shape[0] != rows.shape[0]:
            raise ValueError(
                f"{function}: {name} has {value.shape[0]} rows, expected {rows.shape[0]} (those of "
                "X)"
            )
        if known:
            value = value.rechunk({0: rows.chunks[0]})
    if (
        is_frame(rows)
        and is_frame(value)
        and rows.known_divisions
        and value.known_divisions
        and rows.divisions != value.divisions
    ):
        raise ValueError(f"{function}: {name} has other divisions than X; repartition one of them")
    if _count(value) != _count(rows):
        raise ValueError(
            f"{function}: {name} has {_count(value)} partitions, expected {_count(rows)} (those of "
            "X)"
        )
    return value


def _count(value: Any) -> int:
    return int(value.numblocks[0] if is_array(value) else value.npartitions)


def partitions(value: Any) -> list[Any]:
    """One delayed object a partition."""
    # Of graphs that are optimised one by one, no two would share what they read.
    delayed = value.to_delayed(optimize_graph=False)
    return list(delayed.ravel() if is_array(value) else delayed)


def partitioned(function: str, name: str, value: Any, dtype: Any = None) -> Partitioned:
    """A collection of whole rows with its partitions."""
    return Partitioned(layout_of(function, name, value, dtype), partitions(value))
