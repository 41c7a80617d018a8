# SPDX-License-Identifier: Apache-2.0
"""Random features and columns of the matrix compared within one budget."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bochner import _core
from bochner._arrays import ArrayLike, rows, threads
from bochner._map import Map, as_map
from bochner._options import real, seed_of, whole, words
from bochner._results import Result
from bochner._sampled_errors import SampledGramError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bochner._nystrom import Pivoting


@dataclasses.dataclass(frozen=True)
class ComparedGram(Result):
    """One method of a comparison.

    Attributes
    ----------
    pivoting : str or None
        Of `nystrom`; None for random features.
    columns : int
        D of the factor.
    nbytes : int
    seconds : float
        To build it.
    error : SampledGramError
        By `sampled_error`, the same pairs for all.
    """

    pivoting: Pivoting | None
    columns: int
    nbytes: int
    seconds: float
    error: SampledGramError


def compare_approximations(
    feature_map: Map,
    x: ArrayLike,
    *,
    memory: int,
    seconds: float = float("inf"),
    pivotings: Sequence[Pivoting] = ("uniform", "ridge-leverage", "randomly-pivoted"),
    samples: int = 20_000,
    seed: int = 0,
    num_threads: int | None = None,
) -> list[ComparedGram]:
    """Rank random features and columns of the matrix by their error within one budget.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        Whose num_frequencies is not used: the budget decides. Its seed is also that of the columns.
    x : array of shape (n, input_dim)
        float32 or float64, two rows or more.
    memory : int
        Bytes of the n x D factor; at least one column (one frequency).
    seconds : float
        To build a factor. Where this is finite, columns double from 16 on, and the last factor that
        was built in time counts (the first one always does): then results depend on the machine.
    pivotings : list or tuple of str
        Those of `nystrom` to compare; its rank is at most n.
    samples : int
        Pairs for the errors; at least 2.
    seed : int
        Of these pairs.
    num_threads : int, optional

    Returns
    -------
    list of ComparedGram
        Best first.

    Raises
    ------
    TypeError
        On another dtype than float32 and float64.
    ValueError
        On a budget without room, an unknown pivoting, and as the classes and `sampled_error`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> ranked = bo.compare_approximations(bo.FeatureMapSpec(2, 1), x, memory=64_000)
    >>> [(method.pivoting, method.columns) for method in ranked][-1]
    (None, 40)
    """
    function = "compare_approximations"
    spec = as_map(function, feature_map).spec
    compared = _core.compare_approximations(
        spec,
        rows(function, "x", x),
        whole(function, "memory", memory),
        real(function, "seconds", seconds),
        words(function, "pivotings", pivotings),
        whole(function, "samples", samples),
        seed_of(function, seed),
        threads(function, num_threads),
    )
    return [
        ComparedGram(**{**method, "error": SampledGramError(**method["error"])})
        for method in compared
    ]
