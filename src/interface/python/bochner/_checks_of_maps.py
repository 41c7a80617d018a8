# SPDX-License-Identifier: Apache-2.0
"""Checks that estimates have the mean and the variance that they should."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, overload

from bochner import _core
from bochner._arrays import ArrayLike, threads
from bochner._closed_forms import closed_form, entries_of
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap
from bochner._options import finite, fraction, not_negative, positive, seed_of, whole
from bochner._results import Result
from bochner._specs import SpecLike, refusals_of

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclasses.dataclass(frozen=True, eq=False)
class CheckResult(Result):
    """The verdict of a check, with what it rests on.

    Attributes
    ----------
    measured : float
        The mean, or the variance, over the replicates.
    expected : float
        What it should be.
    sigma : float
        Standard deviation of `measured` for a correct map.
    threshold : float
        ``|measured - expected| / sigma`` that fails, from the false-alarm rate.
    passed : bool
    sentence : str
        The verdict in words.
    """

    measured: float
    expected: float
    sigma: float
    threshold: float
    passed: bool
    sentence: str


def _check(
    function: str,
    what: str,
    estimate: SpecLike | Callable[[int], float],
    x: ArrayLike | None,
    y: ArrayLike | None,
    claim: tuple[float, float] | None,
    replicates: int,
    seed: int,
    false_alarm: float,
    num_threads: int | None,
) -> CheckResult:
    options = (
        whole(function, "replicates", replicates, 2),
        seed_of(function, seed),
        fraction(function, "false_alarm", false_alarm),
    )
    count = threads(function, num_threads)
    if isinstance(estimate, (FeatureMapSpec, FeatureMap, str)):
        spec = closed_form(function, estimate)
        if claim is not None:
            raise TypeError(f"{function}: what to expect of a spec is known, and was passed")
        first = entries_of(function, "x", x, spec.input_dim)
        second = entries_of(function, "y", y, spec.input_dim)
        with refusals_of(function):
            return CheckResult(**_core.check_spec(what, spec, first, second, *options, count))
    if not callable(estimate):
        raise TypeError(
            f"{function}: estimate is {type(estimate).__name__}, expected a FeatureMapSpec or a "
            "function of a seed"
        )
    if x is not None or y is not None:
        raise TypeError(f"{function}: x and y go with a spec, not with a function of a seed")
    if claim is None:
        raise TypeError(f"{function}: expected is missing, which a function of a seed needs")
    function_of_seed = estimate
    expected, moment = claim
    return CheckResult(
        **_core.check_function(
            what, lambda drawn: float(function_of_seed(drawn)), expected, moment, *options
        )
    )


@overload
def check_unbiased(
    estimate: SpecLike,
    x: ArrayLike,
    y: ArrayLike,
    *,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
    num_threads: int | None = ...,
) -> CheckResult: ...
@overload
def check_unbiased(
    estimate: Callable[[int], float],
    *,
    expected: float,
    variance: float,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
) -> CheckResult: ...
def check_unbiased(
    estimate: SpecLike | Callable[[int], float],
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    expected: float | None = None,
    variance: float | None = None,
    replicates: int = 1000,
    seed: int = 0,
    false_alarm: float = 1e-6,
    num_threads: int | None = None,
) -> CheckResult:
    """Whether the mean of an estimate over independent draws is what it should be.

    Of a spec at a pair, against its own closed form (bias included); or of a function of a seed
    that you wrote, against `expected`, given the variance of one draw from a closed form: a
    variance taken from the same sample hides a heavy tail.

    Parameters
    ----------
    estimate : FeatureMapSpec, FeatureMap or str, or callable
        A callable takes a seed (int) and returns one estimate. It is called `replicates` times, one
        after the other, on the calling thread; what it raises ends the call.
    x, y : array of shape (input_dim,)
        The pair; with a spec only.
    expected, variance : float
        Mean and variance of one estimate; with a callable only.
    replicates : int
        Independent draws, at least 2.
    seed : int
        The draws have seeds derived from it.
    false_alarm : float
        Probability that a correct map fails.
    num_threads : int, optional
        With a spec.

    Returns
    -------
    CheckResult

    Raises
    ------
    TypeError, ValueError
        On arguments that do not fit, and when the variance is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> def mean_of_ten(seed):
    ...     return np.random.default_rng(seed).normal(size=10).mean()
    >>> bo.check_unbiased(mean_of_ten, expected=0.0, variance=0.1).passed
    True
    >>> bo.check_unbiased(mean_of_ten, expected=0.1, variance=0.1).passed
    False
    """
    claim = None
    if expected is not None or variance is not None:
        claim = (
            finite("check_unbiased", "expected", expected),
            positive("check_unbiased", "variance", variance),
        )
    return _check(
        "check_unbiased",
        "mean",
        estimate,
        x,
        y,
        claim,
        replicates,
        seed,
        false_alarm,
        num_threads,
    )


@overload
def check_variance(
    estimate: SpecLike,
    x: ArrayLike,
    y: ArrayLike,
    *,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
    num_threads: int | None = ...,
) -> CheckResult: ...
@overload
def check_variance(
    estimate: Callable[[int], float],
    *,
    expected: float,
    fourth: float = ...,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
) -> CheckResult: ...
def check_variance(
    estimate: SpecLike | Callable[[int], float],
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    expected: float | None = None,
    fourth: float = 0.0,
    replicates: int = 1000,
    seed: int = 0,
    false_alarm: float = 1e-6,
    num_threads: int | None = None,
) -> CheckResult:
    """Whether the variance of an estimate over independent draws is what it should be.

    Parameters
    ----------
    estimate : FeatureMapSpec, FeatureMap or str, or callable
        As in `check_unbiased`.
    x, y : array of shape (input_dim,)
        The pair; with a spec only.
    expected : float
        Variance of one estimate; with a callable only.
    fourth : float
        Fourth central moment of one estimate; with a callable only. 0 takes that of the sample,
        which is reliable only for light tails (``|x + y|^2`` up to about 0.8 for positive
        features).
    replicates, seed, false_alarm, num_threads
        As in `check_unbiased`.

    Returns
    -------
    CheckResult

    Raises
    ------
    TypeError, ValueError
        As `check_unbiased`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 16)
    >>> bo.check_variance(spec, np.zeros(2), np.ones(2)).passed
    True
    """
    claim = None
    if expected is not None:
        claim = (
            positive("check_variance", "expected", expected),
            not_negative("check_variance", "fourth", fourth),
        )
    return _check(
        "check_variance",
        "variance",
        estimate,
        x,
        y,
        claim,
        replicates,
        seed,
        false_alarm,
        num_threads,
    )
