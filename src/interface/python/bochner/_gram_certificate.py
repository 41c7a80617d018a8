# SPDX-License-Identifier: Apache-2.0
"""How good an approximate Gram matrix is, in one call."""

from __future__ import annotations

import dataclasses
from typing import Any

from bochner._exact_gram import ExactGram, exact_operator
from bochner._gram_approximation import GramApproximation, approximate_operator
from bochner._options import fraction
from bochner._results import Result
from bochner._sampled_errors import (
    SampledGramError,
    relative_interval,
    sampled_error,
    squared_norm,
)
from bochner._shifted_gram import ShiftedGram
from bochner._specs import refusals_of
from bochner._spectral_errors import DeltaSpectral, SpectralError, delta_spectral, spectral_error


@dataclasses.dataclass(frozen=True)
class GramCertificate(Result):
    """How far an approximate Gram matrix K^ is from the exact one, K.

    Attributes
    ----------
    frobenius : tuple of two floats
        Interval of ``|K^ - K|_F``.
    relative : tuple of two floats, or None
        Interval of ``|K^ - K|_F / |K|_F``; None where K is nearly sparse.
    spectral : SpectralError
        ``|K^ - K|_2``.
    delta : DeltaSpectral or None
        How close ``K^ + l I`` is to ``K + l I``; None without a ridge l.
    sampled : SampledGramError
        What the intervals rest on.
    """

    frobenius: tuple[float, float]
    relative: tuple[float, float] | None
    spectral: SpectralError
    delta: DeltaSpectral | None
    sampled: SampledGramError


def gram_certificate(
    approximation: GramApproximation,
    exact: ExactGram,
    *,
    ridge: float | None = None,
    level: float = 0.95,
    samples: int = 20_000,
    tolerance: float = 1e-6,
    max_steps: int = 100,
    seed: int = 0,
    num_threads: int | None = None,
) -> GramCertificate:
    """Certify an approximate Gram matrix without forming either.

    `sampled_error` and `squared_norm` for the Frobenius error, `spectral_error` for the largest
    eigenvalue of the difference and, with a `ridge`, `delta_spectral` for regression with it.
    `O(n^2 d)` per step of the two iterations, of which there are at most `max_steps` each.

    Parameters
    ----------
    approximation : GramApproximation
    exact : ExactGram
        Of the same rows.
    ridge : float, optional
        Added to the diagonals of both.
    level : float
        Of the intervals, between 0 and 1.
    samples : int
        Pairs ``i != j``, at least 2.
    tolerance : float
        Of the iterations, on the residual relative to the value.
    max_steps : int
        At least 1.
    seed : int
        Of the pairs and of the iterations' starts.
    num_threads : int, optional

    Returns
    -------
    GramCertificate

    Raises
    ------
    TypeError
        Where an argument is no such matrix.
    ValueError
        When sizes differ, on options out of range, and when an entry or a product overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> K_hat = bo.GramApproximation(bo.FeatureMapSpec(3, 500, seed=1), x)
    >>> K = bo.ExactGram(bo.GaussianKernel(), x)
    >>> certificate = bo.gram_certificate(K_hat, K, ridge=10.0)
    >>> low, high = certificate.relative
    >>> low < bo.gram_distance(K_hat.feature_map, x).relative < high
    True
    >>> certificate.delta.delta < 0.5
    True
    """
    function = "gram_certificate"
    level = fraction(function, "level", level)
    iterations: dict[str, Any] = {
        "tolerance": tolerance,
        "max_steps": max_steps,
        "seed": seed,
        "num_threads": num_threads,
    }
    approximate_operator(function, "approximation", approximation)
    exact_operator(function, "exact", exact)
    with refusals_of(function):
        shifted = None
        if ridge is not None:
            shifted = ShiftedGram(approximation, ridge, num_threads=num_threads)
        sampled = sampled_error(
            approximation, exact, samples=samples, seed=seed, num_threads=num_threads
        )
        norm = squared_norm(exact, num_threads=num_threads)
        spectral = spectral_error(approximation, exact, **iterations)
        delta = None
        if shifted is not None:
            delta = delta_spectral(approximation, shifted, exact, **iterations)
    return GramCertificate(
        frobenius=sampled.interval(level),
        relative=relative_interval(sampled, norm, level),
        spectral=spectral,
        delta=delta,
        sampled=sampled,
    )
