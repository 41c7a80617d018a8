# SPDX-License-Identifier: Apache-2.0
"""How far an approximate Gram matrix is from the exact one, found without forming either."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bochner import _core
from bochner._arrays import ArrayLike, rows, threads
from bochner._gram import (
    ExactGram,
    GramApproximation,
    ShiftedGram,
    approximate_operator,
    exact_operator,
    shifted_operator,
)
from bochner._map import as_map
from bochner._options import real, seed_of, whole, words
from bochner._results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bochner._gram import Map, Pivoting


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


@dataclasses.dataclass(frozen=True)
class SpectralError(Result):
    """``|K^ - K|_2``.

    Attributes
    ----------
    value : float
        From below.
    residual : float
        An eigenvalue of ``K^ - K`` is this close to `value` or its negative.
    steps : int
    converged : bool
    """

    value: float
    residual: float
    steps: int
    converged: bool


def spectral_error(
    approximation: GramApproximation,
    exact: ExactGram,
    *,
    tolerance: float = 1e-6,
    max_steps: int = 100,
    seed: int = 0,
    num_threads: int | None = None,
) -> SpectralError:
    """``|K^ - K|_2`` by Lanczos' iteration on the difference, which is never formed.

    Parameters
    ----------
    approximation : GramApproximation
    exact : ExactGram
        Of the same rows.
    tolerance : float
        On the residual, relative to the value.
    max_steps : int
        At least 1; one product with K each, `O(n^2 d)`.
    seed : int
        Of the start.
    num_threads : int, optional

    Returns
    -------
    SpectralError
        Whether the tolerance was reached: that it was not is no exception.

    Raises
    ------
    TypeError
        Where an argument is no such matrix.
    ValueError
        When sizes differ, on options out of range, and when a product overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.array([[0.0], [0.0]])
    >>> half = bo.GramApproximation.from_factor(np.array([[0.5], [0.5]]))
    >>> round(bo.spectral_error(half, bo.ExactGram(bo.GaussianKernel(), x)).value, 6)
    1.5
    """
    function = "spectral_error"
    return SpectralError(
        **_core.spectral_error(
            approximate_operator(function, "approximation", approximation),
            exact_operator(function, "exact", exact),
            real(function, "tolerance", tolerance),
            whole(function, "max_steps", max_steps),
            seed_of(function, seed),
            threads(function, num_threads),
        )
    )


@dataclasses.dataclass(frozen=True)
class DeltaSpectral(Result):
    """The ends of the spectrum of ``(K + l I)^-1/2 (K^ - K) (K + l I)^-1/2``.

    Attributes
    ----------
    low, high : float
    steps : int
    converged : bool
    """

    low: float
    high: float
    steps: int
    converged: bool

    @property
    def delta(self) -> float:
        """The least D with ``(1 - D)(K + l I) <= K^ + l I <= (1 + D)(K + l I)``."""
        return max(-self.low, self.high)


def delta_spectral(
    approximation: GramApproximation,
    shifted: ShiftedGram,
    exact: ExactGram,
    *,
    tolerance: float = 1e-6,
    max_steps: int = 100,
    seed: int = 0,
    num_threads: int | None = None,
) -> DeltaSpectral:
    """How close ``K^ + l I`` is to ``K + l I`` spectrally; only the approximation is inverted.

    Parameters
    ----------
    approximation : GramApproximation
    shifted : ShiftedGram
        Of the same approximation: its ridge is l.
    exact : ExactGram
        Of the same rows.
    tolerance : float
        On the residual, relative to the value.
    max_steps : int
        At least 1; one product with K each, `O(n^2 d)`.
    seed : int
        Of the start.
    num_threads : int, optional

    Returns
    -------
    DeltaSpectral

    Raises
    ------
    TypeError
        Where an argument is no such matrix.
    ValueError
        When sizes differ, on options out of range, and when a product overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> K_hat = bo.GramApproximation(bo.FeatureMapSpec(2, 500, seed=1), x)
    >>> K = bo.ExactGram(bo.GaussianKernel(), x)
    >>> bo.delta_spectral(K_hat, bo.ShiftedGram(K_hat, 10.0), K).delta < 0.5
    True
    """
    function = "delta_spectral"
    return DeltaSpectral(
        **_core.delta_spectral(
            approximate_operator(function, "approximation", approximation),
            shifted_operator(function, "shifted", shifted, approximation),
            exact_operator(function, "exact", exact),
            real(function, "tolerance", tolerance),
            whole(function, "max_steps", max_steps),
            seed_of(function, seed),
            threads(function, num_threads),
        )
    )


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
    spec = as_map(function, feature_map, "feature_map").spec
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
