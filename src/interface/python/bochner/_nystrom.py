# SPDX-License-Identifier: Apache-2.0
"""Gram matrices from some of their columns."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import threads
from bochner._exact_gram import ExactGram, exact_operator
from bochner._gram_approximation import GramApproximation
from bochner._options import is_single, seed_of, whole, word
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Pivoting: TypeAlias = Literal["uniform", "ridge-leverage", "randomly-pivoted"]


@dataclasses.dataclass(frozen=True, eq=False)
class Nystrom(Result):
    """``K(:, S) K(S, S)^+ K(S, :)`` as a Gram matrix.

    Attributes
    ----------
    gram : GramApproximation
        Its `factor` has a column for every pivot.
    pivots : int64 array
        S, in the order taken; a column that earlier ones explain is left out.
    relative_trace_error : float
        ``tr(K - K^) / tr K``: since the difference is positive semidefinite, 0 says that they are
        equal.
    """

    gram: GramApproximation
    pivots: NDArray[np.int64]
    relative_trace_error: float


def nystrom(
    gram: ExactGram,
    rank: int,
    *,
    pivoting: Pivoting = "randomly-pivoted",
    seed: int = 0,
    dtype: DTypeLike = np.float64,
    num_threads: int | None = None,
) -> Nystrom:
    """Approximate a Gram matrix from `rank` of its columns.

    The partial Cholesky factorisation with pivots that are chosen at random, computed in float64:
    ``n (rank + 64)`` numbers and `O(n rank (d + rank))` operations, twice that for leverage
    scores. The same bits for any number of threads.

    Parameters
    ----------
    gram : ExactGram
    rank : int
        Columns, 1 to n.
    pivoting : {"randomly-pivoted", "ridge-leverage", "uniform"}
        In proportion to what the columns before left of the diagonal; by ridge leverage scores,
        approximated from a uniform pass; uniformly without replacement.
    seed : int
    dtype : float32 or float64
        Of the factor.
    num_threads : int, optional

    Returns
    -------
    Nystrom

    Raises
    ------
    TypeError
        Where `gram` is no ExactGram.
    ValueError
        On a rank out of range, an unknown `pivoting`, and when K vanishes.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> columns = bo.nystrom(bo.ExactGram(bo.GaussianKernel(), x), 40, seed=1)
    >>> columns.gram.num_features
    40
    >>> columns.relative_trace_error < 0.01
    True
    """
    held, pivots, error = _core.nystrom(
        exact_operator("nystrom", "gram", gram),
        whole("nystrom", "rank", rank),
        word("nystrom", "pivoting", pivoting),
        seed_of("nystrom", seed),
        is_single("nystrom", dtype),
        threads("nystrom", num_threads),
    )
    return Nystrom(GramApproximation._of(held), np.array(pivots, np.int64), error)
