# SPDX-License-Identifier: Apache-2.0
"""What functions of attention report."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, TypeAlias

from bochner import _core
from bochner._options import finite
from bochner._results import Result

Advice: TypeAlias = Literal["fine", "keep-exact", "more-frequencies", "change-map", "centre"]


@dataclasses.dataclass(frozen=True)
class AttentionReport(Result):
    """What happened, summed over all rows of the output.

    Parameters
    ----------
    empty_rows
        Rows that see no key: zeros.
    underflowed_rows
        Rows whose normaliser was zero, because every product of a query feature and a key feature
        is (signed and rectified maps only): zeros.
    negative_rows
        Rows whose normaliser was negative (signed maps only): the output means little.
    nonfinite_rows
        Rows that hold a NaN or an infinity: they see one, or sums overflowed.
    arithmetic
        The products that ran: "float", "double", "bfloat16", or "bfloat16 (emulated)".
    """

    empty_rows: int
    underflowed_rows: int
    negative_rows: int
    nonfinite_rows: int
    arithmetic: str


@dataclasses.dataclass(frozen=True)
class AttentionErrorReport(Result):
    """What stands behind the standard errors of `attention_with_error`.

    Parameters
    ----------
    attention
        Of the output.
    source
        "blocks", the jackknife over independent blocks of the frequencies of the one draw, or
        "redraws", the spread of fresh draws where there are too few blocks.
    groups
        Blocks (in groups of equal size when over 64), or redraws.
    degrees_of_freedom
        Of every standard error.
    """

    attention: AttentionReport
    source: Literal["blocks", "redraws"]
    groups: int
    degrees_of_freedom: float

    def factor(self, level: float = 0.95) -> float:
        """Student's t quantile.

        ``out +- factor(level) * standard_error`` is an interval of nominal coverage `level`.
        Measured coverage falls short where ``|q + k|^2`` is large.

        Raises
        ------
        ValueError
            When `level` is not between 0 and 1.
        """
        level = finite("AttentionErrorReport.factor", "level", level)
        return _core.attention_error_factor(self.degrees_of_freedom, level)


@dataclasses.dataclass(frozen=True)
class EffectiveNorms(Result):
    """Squared norms ``|q + k|^2`` over pairs of a sampled query and a key that it sees.

    After the kernel's scaling and the map's centring; ``|q - k|^2`` for maps of differences
    (trigonometric). Variances grow like exponentials of it.

    Parameters
    ----------
    mean, median
    upper
        95 % are below.
    largest
    """

    mean: float
    median: float
    upper: float
    largest: float


@dataclasses.dataclass(frozen=True)
class AttentionComparison(Result):
    """How good attention by random features is on given inputs, and what would make it better.

    Errors are root mean squares over the sampled rows, relative to that of the exact outputs.

    Parameters
    ----------
    attention
        Of the integer output: empty rows, underflow, arithmetic.
    rows
        Sampled rows that see a key.
    output_error
        Measured.
    predicted_error
        The same from the closed form.
    prediction_holds
        Whether the prediction can be relied on: the mean of ``|q + k|^2`` is at most 2. Beyond, it
        is dominated by mass that no sample sees.
    prediction_is_upper
        Whether it is an upper estimate: frequencies are quasi-random, and treated as independent.
    norms
        Of queries and keys, as the map sees them.
    centred_mean
        ``norms.mean`` if queries and keys were centred.
    advice
        "fine" (the error is at most 10 %), "keep-exact" (exact attention is faster than features
        that reach 10 %), "more-frequencies", "change-map" (hyperbolic OPRF features with the
        parameter of the data) or "centre" (the same map, centred).
    frequencies_needed
        For an error of 10 % at the rate ``m ** -0.5``, in integer blocks.
    sentence
        The advice, in one sentence.
    """

    attention: AttentionReport
    rows: int
    output_error: float
    predicted_error: float
    prediction_holds: bool
    prediction_is_upper: bool
    norms: EffectiveNorms
    centred_mean: float
    advice: Advice
    frequencies_needed: int
    sentence: str


def report_of(found: dict[str, Any]) -> AttentionReport:
    """The report that C++ gave."""
    return AttentionReport(**found)
