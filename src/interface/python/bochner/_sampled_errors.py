# SPDX-License-Identifier: Apache-2.0
"""How far an approximate Gram matrix is from the exact one, from a sample."""

from __future__ import annotations

import dataclasses

from bochner import _core
from bochner._arrays import threads
from bochner._exact_gram import ExactGram, exact_operator
from bochner._gram_approximation import GramApproximation, approximate_operator
from bochner._options import real, seed_of, whole
from bochner._results import Result


@dataclasses.dataclass(frozen=True)
class SampledGramError(Result):
    """``|K^ - K|_F^2`` from a sample.

    Attributes
    ----------
    squared_error : float
        Unbiased.
    standard_error : float
        Of the above.
    least : float
        What is known exactly: the diagonal's part.
    samples : int
    """

    squared_error: float
    standard_error: float
    least: float
    samples: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Student's t interval of ``|K^ - K|_F``, never below the root of `least`.

        Nominal for features of bounded entries; positive features of long rows have a few entries
        that carry the error, which a sample may miss.

        Parameters
        ----------
        level : float
            In (0, 1).

        Returns
        -------
        low, high : float
        """
        return _core.sampled_interval(
            self.squared_error,
            self.standard_error,
            self.least,
            self.samples,
            real("interval", "level", level),
        )


@dataclasses.dataclass(frozen=True)
class GramNorm(Result):
    """``|K|_F^2``, exactly.

    Attributes
    ----------
    squared : float
    squared_off_diagonal : float
        Without the diagonal.
    """

    squared: float
    squared_off_diagonal: float


def squared_norm(gram: ExactGram, *, num_threads: int | None = None) -> GramNorm:
    """``|K|_F^2`` in `O(n^2 d)`, K not stored; the same bits for any number of threads.

    Parameters
    ----------
    gram : ExactGram
    num_threads : int, optional

    Returns
    -------
    GramNorm

    Raises
    ------
    ValueError
        When an entry overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.squared_norm(bo.ExactGram(bo.GaussianKernel(), np.zeros((3, 1)))).squared
    9.0
    """
    held = exact_operator("squared_norm", "gram", gram)
    return GramNorm(*_core.squared_norm(held, threads("squared_norm", num_threads)))


def relative_interval(
    estimate: SampledGramError, norm: GramNorm, level: float = 0.95
) -> tuple[float, float] | None:
    """The interval of ``|K^ - K|_F / |K|_F``.

    Parameters
    ----------
    estimate : SampledGramError
    norm : GramNorm
        Of the same matrix, by `squared_norm`.
    level : float
        In (0, 1).

    Returns
    -------
    tuple of two floats, or None
        None where K is nearly sparse, its diagonal carrying more than half of ``|K|_F^2``: the
        quotient then says how large the diagonal is, not how good the approximation.

    Examples
    --------
    >>> import bochner as bo
    >>> error = bo.SampledGramError(4.0, 0.0, 0.0, 100)
    >>> bo.relative_interval(error, bo.GramNorm(400.0, 300.0))
    (0.1, 0.1)
    """
    if not isinstance(estimate, SampledGramError):
        raise TypeError(
            f"relative_interval: estimate is {type(estimate).__name__}, expected a SampledGramError"
        )
    if not isinstance(norm, GramNorm):
        raise TypeError(f"relative_interval: norm is {type(norm).__name__}, expected a GramNorm")
    return _core.relative_interval(
        estimate.squared_error,
        estimate.standard_error,
        estimate.least,
        estimate.samples,
        norm.squared,
        norm.squared_off_diagonal,
        real("relative_interval", "level", level),
    )


def sampled_error(
    approximation: GramApproximation,
    exact: ExactGram,
    *,
    samples: int = 20_000,
    seed: int = 0,
    num_threads: int | None = None,
) -> SampledGramError:
    """Estimate ``|K^ - K|_F^2`` from entries.

    The diagonal's error exactly, plus ``n (n - 1)`` times the mean of ``(K^_ij - K_ij)^2`` over
    sampled pairs. `O(n D + samples (D + d))`, `O((n + samples) m d)` without stored features.

    Parameters
    ----------
    approximation : GramApproximation
    exact : ExactGram
        Of the same rows.
    samples : int
        Pairs ``i != j``, drawn uniformly with replacement; at least 2. Where a few far rows carry
        most of the error, as with orthogonal features of standardised data, thousands are too few
        for the interval's coverage.
    seed : int
    num_threads : int, optional

    Returns
    -------
    SampledGramError

    Raises
    ------
    TypeError
        Where an argument is no such matrix.
    ValueError
        When sizes differ, ``samples < 2``, ``n < 2``, or an entry overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(300, 3))
    >>> K_hat = bo.GramApproximation(bo.FeatureMapSpec(3, 200, seed=1), x)
    >>> low, high = bo.sampled_error(K_hat, bo.ExactGram(bo.GaussianKernel(), x)).interval()
    >>> bool(low < np.sqrt(bo.gram_distance(K_hat.feature_map, x).squared_error) < high)
    True
    """
    function = "sampled_error"
    return SampledGramError(
        **_core.sampled_error(
            approximate_operator(function, "approximation", approximation),
            exact_operator(function, "exact", exact),
            whole(function, "samples", samples),
            seed_of(function, seed),
            threads(function, num_threads),
        )
    )


def hutchinson_error(
    approximation: GramApproximation,
    exact: ExactGram,
    *,
    probes: int = 10,
    seed: int = 0,
    num_threads: int | None = None,
) -> SampledGramError:
    """Estimate ``|K^ - K|_F^2`` from products.

    The mean of ``|(K^ - K) g|^2`` over vectors of random signs; `O(n^2 d)` for all of them.

    Parameters
    ----------
    approximation : GramApproximation
    exact : ExactGram
        Of the same rows.
    probes : int
        At least 2.
    seed : int
    num_threads : int, optional

    Returns
    -------
    SampledGramError

    Raises
    ------
    TypeError
        Where an argument is no such matrix.
    ValueError
        When sizes differ, ``probes < 2``, or a product overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(300, 3))
    >>> K_hat = bo.GramApproximation(bo.FeatureMapSpec(3, 200, seed=1), x)
    >>> error = bo.hutchinson_error(K_hat, bo.ExactGram(bo.GaussianKernel(), x), probes=20)
    >>> error.samples
    20
    """
    function = "hutchinson_error"
    return SampledGramError(
        **_core.hutchinson_error(
            approximate_operator(function, "approximation", approximation),
            exact_operator(function, "exact", exact),
            whole(function, "probes", probes),
            seed_of(function, seed),
            threads(function, num_threads),
        )
    )
