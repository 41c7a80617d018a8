# SPDX-License-Identifier: Apache-2.0
"""Errors of Gram matrices of rows in partitions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner import _core
from bochner._closed_forms import closed_form
from bochner._gram_predictions import GramErrorCurve, PredictedGramError
from bochner._gram_predictions import gram_error_curve as curve_of
from bochner._options import whole
from bochner.dask._collections import as_rows, partitioned
from bochner.dask._trees import drawn, summed

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec
    from bochner._specs import SpecLike
    from bochner.dask._blocks import Layout
    from bochner.dask._collections import Partitioned


@dataclasses.dataclass
class _Part:
    """The curve of some blocks of the matrix; None before the first that has entries."""

    curve: GramErrorCurve | None

    def copy(self) -> Self:
        return dataclasses.replace(self)

    def merge(self, other: _Part) -> Self:
        if self.curve is None or other.curve is None:
            self.curve = other.curve if self.curve is None else self.curve
        else:
            self.curve = self.curve.merge(other.curve)
        return self


@dataclasses.dataclass(frozen=True)
class _Block:
    """The curve of one block of the matrix: of a pair of partitions."""

    spec: FeatureMapSpec
    rows: Layout
    columns: Layout
    num_threads: int

    def __call__(self, times: int, x: Any, y: Any = None) -> _Part:
        if len(x) == 0 or (y is not None and len(y) == 0):
            return _Part(None)
        others = None if y is None else self.columns.rows_of(y)
        found = curve_of(self.spec, self.rows.rows_of(x), others, num_threads=self.num_threads)
        return _Part(found if times == 1 else found.merge(found))  # the block and its transpose


def _is_symmetric(spec: FeatureMapSpec) -> bool:
    try:
        _core.gram_of_rows(drawn(spec)._map, np.zeros((1, spec.input_dim)), 0, 1)
    except ValueError:
        return False
    return True


def _rows(function: str, name: str, value: Any, spec: FeatureMapSpec) -> Partitioned:
    rows, columns = as_rows(function, name, value)
    if columns != spec.input_dim:
        raise ValueError(
            f"{function}: {name} has {columns} columns, expected {spec.input_dim} (the spec's "
            "input_dim)"
        )
    return partitioned(function, name, rows)


def gram_error_curve(
    spec: SpecLike,
    X: Any,  # noqa: N803
    Y: Any = None,  # noqa: N803
    *,
    num_threads: int = 1,
    on_progress: Callable[[str, float, float, str], object] | Literal["bar"] | None = None,
) -> GramErrorCurve:
    """The error of an approximate Gram matrix before it is computed: `bochner.gram_error_curve`.

    Closed forms are summed over blocks of the matrix, one for each pair of partitions, of which the
    Gram matrix of X alone has half. O(n l), as many times the work of the partitions as there are
    partitions.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
        Its `num_frequencies` is not used.
    X : dask array or dataframe of shape (n, input_dim)
    Y : dask array or dataframe of shape (l, input_dim), optional
        Without it the Gram matrix of X.
    num_threads : int, default=1
        Of each block.
    on_progress : callable or "bar", optional
        As `KernelRidge.fit`, of blocks.

    Returns
    -------
    GramErrorCurve

    Raises
    ------
    TypeError, ValueError
        As `bochner.gram_error_curve`, naming the block of partitions, counted along its rows.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> import bochner as bo
    >>> from bochner.dask import gram_error_curve
    >>> x = np.random.default_rng(0).normal(size=(60, 3))
    >>> spec = bo.FeatureMapSpec(3, 100, seed=1)
    >>> curve = gram_error_curve(spec, da.from_array(x, chunks=(20, 3)))
    >>> alone = bo.gram_error_curve(spec, x)
    >>> bool(np.isclose(curve.at(100).relative_error, alone.at(100).relative_error))
    True
    """
    function = "gram_error_curve"
    given = closed_form(function, spec)
    rows = _rows(function, "X", X, given)
    blocks: list[tuple[Any, ...]]
    if Y is None and _is_symmetric(given):
        columns = rows
        parts = list(enumerate(rows.blocks))
        blocks = [(1, x) if i == j else (2, x, y) for i, x in parts for j, y in parts if i <= j]
    else:
        columns = rows if Y is None else _rows(function, "Y", Y, given)
        blocks = [(1, x, y) for x in rows.blocks for y in columns.blocks]
    if rows.layout.dtype != columns.layout.dtype:
        raise TypeError(
            f"{function}: Y has dtype {columns.layout.dtype} and X {rows.layout.dtype}, expected "
            "one dtype for both"
        )
    threads = whole(function, "num_threads", num_threads, 1, 2**31)
    work = _Block(given, rows.layout, columns.layout, threads)
    part: _Part = summed(function, work, blocks, on_progress)
    if part.curve is None:
        raise ValueError(f"{function}: there are no rows")
    return part.curve


def gram_error(
    spec: SpecLike,
    X: Any,  # noqa: N803
    Y: Any = None,  # noqa: N803
    *,
    num_threads: int = 1,
    on_progress: Callable[[str, float, float, str], object] | Literal["bar"] | None = None,
) -> PredictedGramError:
    """The error of an approximate Gram matrix with the spec's frequencies: `bochner.gram_error`.

    One point of `gram_error_curve`, with its parameters, costs and errors.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
    X : dask array or dataframe of shape (n, input_dim)
    Y : dask array or dataframe of shape (l, input_dim), optional
    num_threads : int, default=1
    on_progress : callable or "bar", optional

    Returns
    -------
    PredictedGramError

    Raises
    ------
    TypeError, ValueError
        As `gram_error_curve`.
    """
    given = closed_form("gram_error", spec)
    curve = gram_error_curve(given, X, Y, num_threads=num_threads, on_progress=on_progress)
    return curve.at(given.num_frequencies)
