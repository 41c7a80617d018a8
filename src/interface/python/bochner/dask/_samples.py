# SPDX-License-Identifier: Apache-2.0
"""The two-sample test of rows in partitions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner._kernel_tests import KernelTest
from bochner._mean_embeddings import MeanEmbedding
from bochner._options import seed_of, whole
from bochner._specs import spec_of
from bochner.dask._available import dask
from bochner.dask._collections import Partitioned, as_rows, partitioned
from bochner.dask._trees import computed, drawn, summed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec
    from bochner._specs import SpecLike
    from bochner.dask._blocks import Layout

# Rows whose features are held at once.
_BLOCK = 1024
# Statistics that are closer than this, over what they are differences of, are equal.
_ROUNDING = 1e-12
# What NumPy's hypergeometric law counts to.
_MOST_ROWS = 10**9


@dataclasses.dataclass
class _Dealt:
    """Of every deal, the sums of the features of the first sample and of their squared norms.

    Row 0 is the deal that was observed, the last one has all rows.
    """

    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    def copy(self) -> Self:
        return dataclasses.replace(self)

    def merge(self, other: _Dealt) -> Self:
        self.sums = self.sums + other.sums
        self.squares = self.squares + other.squares
        return self


@dataclasses.dataclass(frozen=True)
class _Deal:
    """Deals of a partition: the rows that come to the first sample in each."""

    spec: FeatureMapSpec
    rows: Layout
    seed: int
    permutations: int
    num_threads: int

    def __call__(self, index: int, observed: int, counts: NDArray[np.int64], x: Any) -> _Dealt:
        deals = self.permutations + 2
        sums = np.zeros((deals, self.spec.num_features))
        squares = np.zeros(deals)
        rows = len(x)
        if rows == 0:
            return _Dealt(sums, squares)
        inputs = self.rows.rows_of(x)
        dealt = np.empty((deals, rows))
        dealt[0], dealt[-1] = observed, 1.0
        random = np.random.default_rng([self.seed, 1, index])
        for b, count in enumerate(counts, start=1):
            dealt[b] = random.permutation(rows) < count
        for first in range(0, rows, _BLOCK):
            at = slice(first, first + _BLOCK)
            phi = drawn(self.spec).transform(inputs[at], num_threads=self.num_threads)
            phi = phi.astype(np.float64, copy=False)
            sums += dealt[:, at] @ phi
            squares += dealt[:, at] @ np.square(phi).sum(axis=1)
        return _Dealt(sums, squares)


def _sizes(function: str, sample: Partitioned, value: Any) -> NDArray[np.int64]:
    """Rows of every partition."""
    chunks = getattr(value, "chunks", None)
    if chunks is not None and not np.isnan(chunks[0]).any():
        return np.array(chunks[0], np.int64)
    count = dask.delayed(len, pure=False)
    found = computed(function, dask.delayed([count(block) for block in sample.blocks]))
    return np.array(found, np.int64)


def _sample(function: str, name: str, value: Any, spec: FeatureMapSpec) -> tuple[Partitioned, Any]:
    rows, columns = as_rows(function, name, value)
    if columns != spec.input_dim:
        raise ValueError(
            f"{function}: {name} has {columns} columns, expected {spec.input_dim} (the map's "
            "input_dim)"
        )
    sample = partitioned(function, name, rows)
    return sample, _sizes(function, sample, rows)


def _statistics(dealt: _Dealt, n: int, l: int) -> NDArray[np.float64]:  # noqa: E741
    """The unbiased estimate of MMD^2 of every deal [Gretton12, eq. 3], and its rounding last."""
    first, every = dealt.sums[:-1], dealt.sums[-1]
    second = every - first
    squares = dealt.squares[:-1]
    others = dealt.squares[-1] - squares
    within = (np.square(first).sum(axis=1) - squares) / (n * (n - 1))
    within_others = (np.square(second).sum(axis=1) - others) / (l * (l - 1))
    between = 2.0 * (first * second).sum(axis=1) / (n * l)
    rounding = _ROUNDING * (abs(within[0]) + abs(within_others[0]) + abs(between[0]))
    return np.append(within + within_others - between, rounding)


def two_sample_test(
    feature_map: SpecLike,
    X: Any,  # noqa: N803
    Y: Any,  # noqa: N803
    *,
    permutations: int = 999,
    seed: int = 0,
    num_threads: int = 1,
    on_progress: Callable[[str, float, float, str], object] | Literal["bar"] | None = None,
) -> KernelTest:
    """Whether two samples have the same law: `bochner.two_sample_test` for Dask's collections.

    The statistic is that function's, to rounding; the permutations are others. How many rows of a
    partition come to the first sample is drawn for all partitions together, and which ones in the
    partition, from the seed and its number: the same for any number of workers. ``O((n + l) D B)``,
    and ``(B + 2) (D + 1)`` numbers travel where sums meet. Products of NumPy, whose bits may depend
    on its own threads.

    Parameters
    ----------
    feature_map : FeatureMapSpec, FeatureMap or str
        Its transform must treat both sides alike.
    X : dask array or dataframe of shape (n, input_dim)
    Y : dask array or dataframe of shape (l, input_dim)
        Of the dtype of X.
    permutations : int
        B, at least 1.
    seed : int
    num_threads : int, default=1
        Of each partition.
    on_progress : callable or "bar", optional
        As `KernelRidge.fit`.

    Returns
    -------
    KernelTest

    Raises
    ------
    TypeError
        On other collections, and another dtype.
    ValueError
        Unless both samples have two rows or more, and fewer than 10^9 together; on NaN and
        infinity, naming the partition: those of Y are counted after those of X.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> import bochner as bo
    >>> from bochner.dask import two_sample_test
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(100, 2)), rng.normal(loc=1.0, size=(80, 2))
    >>> X, Y = (da.from_array(sample, chunks=(40, 2)) for sample in (x, y))
    >>> two_sample_test(bo.FeatureMapSpec(2, 100, seed=1), X, Y, permutations=199).p_value
    0.005
    """
    function = "two_sample_test"
    spec = spec_of(function, feature_map)
    MeanEmbedding(drawn(spec))  # refuses maps whose matrices are not symmetric
    repeats = whole(function, "permutations", permutations, 1)
    start = seed_of(function, seed)
    threads = whole(function, "num_threads", num_threads, 1, 2**31)
    (first, sizes), (second, others) = (
        _sample(function, name, value, spec) for name, value in (("X", X), ("Y", Y))
    )
    if first.layout.dtype != second.layout.dtype:
        raise TypeError(
            f"{function}: Y has dtype {second.layout.dtype} and X {first.layout.dtype}, expected "
            "one dtype for both"
        )
    n, l = int(sizes.sum()), int(others.sum())  # noqa: E741
    if min(n, l) < 2:
        raise ValueError(f"{function}: the samples have {n} and {l} rows, expected two or more")
    if n + l >= _MOST_ROWS:
        raise ValueError(f"{function}: the samples have {n + l} rows, expected fewer than 10^9")
    random = np.random.default_rng([start, 0])
    counts = random.multivariate_hypergeometric(
        np.concatenate([sizes, others]), n, size=repeats, method="marginals"
    )
    blocks: list[tuple[Any, ...]] = []
    for sample, observed in ((first, 1), (second, 0)):
        for block in sample.blocks:
            index = len(blocks)
            blocks.append((index, observed, np.ascontiguousarray(counts[:, index]), block))
    work = _Deal(spec, first.layout, start, repeats, threads)
    found = _statistics(summed(function, work, blocks, on_progress), n, l)
    statistic, permuted, rounding = float(found[0]), found[1:-1], found[-1]
    reached = int(np.count_nonzero(permuted >= statistic - rounding))
    return KernelTest(statistic, (1 + reached) / (repeats + 1), permuted)
