# SPDX-License-Identifier: Apache-2.0
"""The sums of least squares over partitions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._normal_equations import NormalEquations
from bochner._ridge_regression import RidgeRegression
from bochner.dask._available import dask
from bochner.dask._collections import (
    Partitioned,
    aligned,
    as_rows,
    is_array,
    partitioned,
)
from bochner.dask._trees import computed, drawn, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bochner._core.options import FeatureMapSpec
    from bochner.dask._blocks import Layout


def require_rows(x: NDArray[Any], name: str, values: NDArray[Any]) -> None:
    """As many rows of one as of the other."""
    if values.shape[0] != x.shape[0]:
        raise ValueError(f"{name} has {values.shape[0]} rows, X has {x.shape[0]}")


@dataclasses.dataclass(frozen=True)
class Data:
    """Rows, what belongs to them, and their partitions.

    Attributes
    ----------
    rows, targets, weights : Partitioned
        Weights may be None.
    num_columns : int
    """

    rows: Partitioned
    targets: Partitioned
    weights: Partitioned | None
    num_columns: int

    @property
    def blocks(self) -> list[tuple[Any, ...]]:
        """Of each partition rows, targets and perhaps weights."""
        parts = [self.rows.blocks, self.targets.blocks]
        if self.weights is not None:
            parts.append(self.weights.blocks)
        return list(zip(*parts, strict=True))

    @property
    def weight_layout(self) -> Layout | None:
        """Of the weights."""
        return None if self.weights is None else self.weights.layout


def data_of(
    function: str,
    X: Any,  # noqa: N803
    y: Any,
    sample_weight: Any,
    target_dtype: Any = None,
) -> Data:
    """Collections whose partitions belong together; targets of any kind with a dtype given."""
    rows, columns = as_rows(function, "X", X)
    targets = aligned(function, rows, "y", y)
    weights = (
        None if sample_weight is None else aligned(function, rows, "sample_weight", sample_weight)
    )
    if weights is not None and weights.ndim != 1:
        raise ValueError(f"{function}: sample_weight has {weights.ndim} dimensions, expected 1")
    return Data(
        partitioned(function, "X", rows),
        partitioned(function, "y", targets, target_dtype),
        None if weights is None else partitioned(function, "sample_weight", weights),
        columns,
    )


def num_targets_of(function: str, y: Any) -> int | None:
    """Columns of the targets; None of a vector."""
    if y.ndim == 1:
        return None
    count = y.shape[1] if is_array(y) else len(y.columns)
    if isinstance(count, float):
        raise ValueError(f"{function}: y has an unknown number of columns")
    return int(count)


@dataclasses.dataclass(frozen=True)
class RidgeSums:
    """The normal equations of a partition.

    `targets` makes the targets of a partition from its block of y.
    """

    spec: FeatureMapSpec
    rows: Layout
    targets: Callable[[Any], NDArray[Any]]
    weights: Layout | None
    num_targets: int | None
    target_offset: NDArray[np.float64] | None
    num_threads: int

    def __call__(self, x: Any, y: Any, w: Any = None) -> NormalEquations:
        sums = NormalEquations(
            drawn(self.spec),
            num_targets=self.num_targets,
            target_offset=self.target_offset,
            dtype=self.rows.dtype,
        )
        if len(x) == 0 and len(y) == 0:
            return sums  # of a partition without rows nothing else is asked
        inputs, targets = self.rows.rows_of(x), self.targets(y)
        require_rows(inputs, "y", targets)
        weights = None if self.weights is None else self.weights.rows_of(w)
        if weights is not None:
            require_rows(inputs, "sample_weight", weights)
        return sums.add(inputs, targets, weights=weights, num_threads=self.num_threads)


def _mean(
    function: str, index: int, layout: Layout, weights: Layout | None, y: Any, w: Any
) -> NDArray[np.float64] | None:
    """The mean of a partition's targets; None where there are no rows to take it of."""
    if len(y) == 0:
        return None
    try:
        # In one order, whatever that of the partition: sums have bits of their own in each.
        targets = np.ascontiguousarray(layout.rows_of(y), np.float64)
        given = None if weights is None else weights.rows_of(w).astype(np.float64, copy=False)
        if given is not None:
            require_rows(targets, "sample_weight", given)
    except (TypeError, ValueError) as error:
        raise refused(function, index, error) from error
    if given is not None and not given.any():
        return None
    with np.errstate(all="ignore"):
        mean = np.atleast_1d(np.average(targets, axis=0, weights=given))
    # What is not finite is refused when it is summed.
    return mean if np.isfinite(mean).all() else np.zeros_like(mean)


def first_mean(function: str, data: Data) -> NDArray[np.float64] | None:
    """The targets' mean over the first partition that has rows: the same for every worker."""
    mean = dask.delayed(_mean, pure=False)
    weights = data.targets.blocks if data.weights is None else data.weights.blocks
    for i, (y, w) in enumerate(zip(data.targets.blocks, weights, strict=True)):
        graph = mean(function, i, data.targets.layout, data.weight_layout, y, w)
        found: NDArray[np.float64] | None = computed(function, graph)
        if found is not None:
            return found
    return None


@dataclasses.dataclass(frozen=True)
class Outputs:
    """Outputs of a linear model for rows, from its coefficients alone."""

    spec: FeatureMapSpec
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    dtype: np.dtype[Any]
    num_threads: int

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        model = RidgeRegression.from_coefficients(
            drawn(self.spec), self.coefficients, intercepts=self.intercepts, dtype=self.dtype
        )
        return model.predict(x.astype(self.dtype, copy=False), num_threads=self.num_threads)


def outputs_of(model: Any, is_vector: bool, num_threads: int) -> Outputs:
    """The outputs of a model."""
    theta = model.coefficients
    return Outputs(
        model.feature_map.spec,
        theta[:, 0] if is_vector else theta,
        model.intercepts,
        model.dtype,
        num_threads,
    )
