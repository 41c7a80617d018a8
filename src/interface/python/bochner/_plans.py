# SPDX-License-Identifier: Apache-2.0
"""How many frequencies an error needs."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, pair_or_rows, threads
from bochner._closed_forms import closed_form, in_double
from bochner._options import fraction, one_of, positive
from bochner._results import Result
from bochner._specs import SpecLike, refusals_of, spec_of

Unit: TypeAlias = Literal["relative", "absolute"]

Basis: TypeAlias = Literal["asymptotic", "chebyshev", "bernstein", "median-of-means"]

_UNITS = ("relative", "absolute")


@dataclasses.dataclass(frozen=True, eq=False)
class FrequencyPlan(Result):
    """How many frequencies an error needs.

    Attributes
    ----------
    num_frequencies : int
        The smallest number that reaches the target; 0: none does.
    whole_blocks : int
        The smallest such whole number of blocks, as frequencies: the recommended choice.
    log10_frequencies : float
        log10 of about how many it takes, also where that cannot be counted; infinite where no
        number does.
    root_mean_square : float
        Of the error with `num_frequencies`, in the target's unit.
    basis : str
        What the number rests on.
    statement : str
        The promise in one sentence.
    warning : str
        Empty, or why not to trust or use this map here.
    """

    num_frequencies: int
    whole_blocks: int
    log10_frequencies: float
    root_mean_square: float
    basis: str
    statement: str
    warning: str


def frequencies_needed(
    spec: SpecLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    error: float = 0.1,
    unit: Unit = "relative",
    confidence: float = 0.95,
    basis: Basis = "asymptotic",
    num_threads: int | None = None,
) -> FrequencyPlan:
    """How many frequencies keep an error below `error` with probability `confidence`.

    For the estimate at one pair (1-d x and y), or for the Frobenius error of the approximate Gram
    matrix of rows (2-d), relative to ``|K|_F`` or absolute. For matrices, "asymptotic" asks that
    the root mean square error be the target, whatever the confidence, and "chebyshev" that Markov's
    inequality for the squared error give the confidence; the other two are for pairs.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
        Its `num_frequencies` is not used.
    x, y : array of shape (input_dim,), or (n, input_dim) and (l, input_dim)
        float32 is computed in float64. For matrices y may be left out: the rows of x then.
    error : float
        Positive.
    unit : {"relative", "absolute"}
        Whether the error is in units of the kernel value or of one.
    confidence : float
        Between 0 and 1.
    basis : {"asymptotic", "chebyshev", "bernstein", "median-of-means"}
        What stands behind the number: the exact variance and a normal law (an approximation, good
        for many blocks), the exact variance and Chebyshev's inequality (a guarantee), Bernstein's
        inequality over whole blocks (a guarantee, bounded features only), or a guarantee for the
        median of the means of ``ceil(8 log(1 / (1 - confidence)))`` groups.
    num_threads : int, optional

    Returns
    -------
    FrequencyPlan

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On shapes or numbers that do not fit, when the combination has no closed form, and when
        Bernstein's inequality is asked of unbounded features.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 1, projection=bo.IidProjection())
    >>> x, y = np.array([0.0, 0.0]), np.array([1.0, 0.0])
    >>> plan = bo.frequencies_needed(spec, x, y, error=0.01, unit="absolute", basis="chebyshev")
    >>> bool(plan.num_frequencies == np.ceil((1 - np.exp(-1)) ** 2 / 2 / 0.01**2 / 0.05))
    True
    """
    function = "frequencies_needed"
    spec = closed_form(function, spec)
    target = (
        positive(function, "error", error),
        one_of(function, "unit", unit, _UNITS),
        fraction(function, "confidence", confidence),
        one_of(function, "basis", basis, _core.bases),
    )
    count = threads(function, num_threads)
    first, second, one = pair_or_rows(function, x, x if y is None else y, spec.input_dim)
    first, second = in_double(first, second)
    if not one:
        with refusals_of(function):
            return FrequencyPlan(**_core.frequencies_needed(spec, first, second, *target, count))
    if y is None:
        raise ValueError(f"{function}: y is missing, expected the other input of the pair")
    query, key = np.ascontiguousarray(first[0]), np.ascontiguousarray(second[0])
    with refusals_of(function):
        return FrequencyPlan(**_core.frequencies_needed_at(spec, query, key, *target))


def frequencies_needed_uniformly(
    spec: SpecLike, radius: float, *, error: float = 0.1, confidence: float = 0.95
) -> FrequencyPlan:
    """How many frequencies keep the error below `error` at all pairs of a ball at once.

    The bound of Sutherland and Schneider (2015, propositions 1 and 2), with its constants, for
    independent trigonometric or cosine features of the Gaussian kernel: a guarantee, usually
    several times too large. For the softmax kernel no constants are known: the plan has no number
    and its statement quotes a rate.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
        Its `num_frequencies` is not used.
    radius : float
        Of the ball, after the kernel's scaling.
    error : float
        Absolute, positive.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    FrequencyPlan

    Raises
    ------
    TypeError, ValueError
        On other numbers, and for other maps.

    Examples
    --------
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 1, projection=bo.IidProjection())
    >>> bo.frequencies_needed_uniformly(spec, 1.0, error=0.1).num_frequencies > 1000
    True
    """
    function = "frequencies_needed_uniformly"
    spec = spec_of(function, spec)
    length = positive(function, "radius", radius)
    most = positive(function, "error", error)
    sure = fraction(function, "confidence", confidence)
    with refusals_of(function):
        return FrequencyPlan(**_core.frequencies_needed_uniformly(spec, length, most, sure))
