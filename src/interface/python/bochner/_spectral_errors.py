# SPDX-License-Identifier: Apache-2.0
"""How far an approximate Gram matrix is from the exact one, in spectral norms."""

from __future__ import annotations

import dataclasses

from bochner import _core
from bochner._arrays import threads
from bochner._exact_gram import ExactGram, exact_operator
from bochner._gram_approximation import GramApproximation, approximate_operator
from bochner._options import real, seed_of, whole
from bochner._results import Result
from bochner._shifted_gram import ShiftedGram, shifted_operator


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
