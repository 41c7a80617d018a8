# SPDX-License-Identifier: Apache-2.0
"""What the estimators share: maps by their columns, rows in and outputs out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._columns import spec_of_columns
from bochner._options import whole
from bochner.dask._available import dask
from bochner.dask._collections import as_rows, is_array, layout_of
from bochner.dask._trees import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from bochner._core.options import FeatureMapSpec
    from bochner.dask._blocks import Layout


def seed_of(function: str, random_state: Any) -> int:
    """A seed of the library, that which scikit-learn's estimators of this name would take."""
    if random_state is None:
        source = np.random.mtrand._rand
    elif isinstance(random_state, np.random.RandomState):
        source = random_state
    else:
        source = np.random.RandomState(whole(function, "random_state", random_state, 0, 2**32 - 1))
    return int(source.randint(np.iinfo(np.int64).max, dtype=np.int64))


class Estimator:
    """Parameters of a map, and the columns that were seen."""

    kernel: Any
    projection: Any
    features: Any
    n_components: int
    random_state: Any
    n_features_in_: int
    _layout: Layout

    def _set_map(
        self, kernel: Any, projection: Any, features: Any, n_components: int, random_state: Any
    ) -> None:
        self.kernel = kernel
        self.projection = projection
        self.features = features
        self.n_components = n_components
        self.random_state = random_state

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _spec(self, input_dim: int) -> FeatureMapSpec:
        return spec_of_columns(
            input_dim,
            self.kernel,
            self.projection,
            self.features,
            whole(self._name, "n_components", self.n_components, 1),
            seed_of(self._name, self.random_state),
        )

    def _require_fitted(self, function: str) -> None:
        if not hasattr(self, "n_features_in_"):
            raise ValueError(f"{function}: not fitted yet; call fit first")

    def _seen_rows(self, function: str, X: Any) -> tuple[Any, Layout]:  # noqa: N803
        """Rows of the columns that were fitted to, and their layout, in the model's dtype."""
        rows, columns = as_rows(function, "X", X)
        if columns != self.n_features_in_:
            raise ValueError(
                f"{function}: X has {columns} columns, expected {self.n_features_in_}, those of fit"
            )
        layout = layout_of(function, "X", rows)
        names = self._layout.columns
        if layout.columns is not None and names is not None and layout.columns != names:
            if set(layout.columns) != set(names):
                raise ValueError(
                    f"{function}: X has the columns {list(layout.columns)}, expected {list(names)}"
                )
            rows = rows[list(names)]
            layout = layout_of(function, "X", rows)
        return rows, layout


def each_partition(
    function: str,
    rows: Any,
    layout: Layout,
    work: Callable[[Any], Any],
    columns: list[Any] | None,
    dtype: Any,
    name: Any = None,
) -> Any:
    """`work` of the rows of every partition, lazily: what has as many rows again.

    An array of an array; of a dataframe one with these columns, or a series, of the same index.
    """
    if is_array(rows):
        chunks = (rows.chunks[0],) if columns is None else (rows.chunks[0], (len(columns),))
        return dask.array.map_blocks(
            _array_part,
            rows,
            dtype=dtype,
            chunks=chunks,
            drop_axis=1 if columns is None else None,
            meta=np.empty((0,) * len(chunks), dtype),
            function=function,
            layout=layout,
            work=work,
        )
    import pandas as pd

    empty: Any = np.empty((0,) if columns is None else (0, len(columns)), dtype)
    index = rows._meta.index[:0]
    meta = (
        pd.Series(empty, index=index, name=name)
        if columns is None
        else pd.DataFrame(empty, index=index, columns=columns)
    )
    return rows.map_partitions(
        _frame_part,
        function=function,
        layout=layout,
        work=work,
        columns=columns,
        name=name,
        meta=meta,
    )


def _outputs(
    function: str, index: int, layout: Layout, work: Callable[[Any], Any], part: Any
) -> Any:
    try:
        return work(layout.rows_of(part))
    except (TypeError, ValueError) as error:
        raise refused(function, index, error) from error


def _array_part(part: Any, function: str, layout: Layout, work: Any, block_info: Any = None) -> Any:
    index = block_info[0]["chunk-location"][0] if block_info else 0
    return _outputs(function, index, layout, work, part)


def _frame_part(
    part: Any,
    function: str,
    layout: Layout,
    work: Any,
    columns: list[Any] | None,
    name: Any,
    partition_info: Any = None,
) -> Any:
    import pandas as pd

    index = partition_info["number"] if partition_info else 0
    found = _outputs(function, index, layout, work, part)
    if columns is None:
        return pd.Series(found, index=part.index, name=name)
    return pd.DataFrame(found, index=part.index, columns=columns)
