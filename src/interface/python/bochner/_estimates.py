# SPDX-License-Identifier: Apache-2.0
"""Estimates of the kernel with their errors."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, pair_or_rows, threads
from bochner._closed_forms import Values, per_pair
from bochner._map import Map, as_map
from bochner._options import fraction
from bochner._results import Result
from bochner._specs import refusals_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Interval(NamedTuple):
    """A two-sided confidence interval: numbers, or arrays of one number per row."""

    low: Values
    high: Values


@dataclasses.dataclass(frozen=True, eq=False)
class KernelEstimate(Result):
    """Estimates of the kernel and how far they may be from their mean.

    Numbers at one pair, arrays of shape (n,) at rows. The mean is ``k(x, y)`` unless radii are
    constant, whose bias (`kernel_moments`) no spread can show.

    Attributes
    ----------
    value : float or array
        ``phi(x) . psi(y)``.
    standard_error : float or array
        Square root of an unbiased estimate of its variance.
    degrees_of_freedom : float or array
        Of that estimate; infinite for the closed form.
    blocks : int or array
        Independent blocks of the draw, a truncated last one included.
    source : str or array
        What stands behind the standard error: "blocks" (their spread in this one draw),
        "closed-form" (the draw has fewer than two whole blocks) or "replicates" (16 other draws).
    """

    value: Values
    standard_error: Values
    degrees_of_freedom: Values
    blocks: int | NDArray[np.int64]
    source: str | NDArray[np.str_]

    def interval(self, level: float = 0.95) -> Interval:
        """Student's t interval.

        Coverage is nominal (0.94 to 0.96 at level 0.95, 16 blocks) for trigonometric features and
        for hyperbolic OPRF features up to ``|x + y|^2 = 1``; positive features at
        ``|x + y|^2 >= 2`` are so skewed that it falls to 0.9 and below.

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Returns
        -------
        Interval
            ``low`` and ``high``, numbers or arrays as the members are.

        Raises
        ------
        TypeError, ValueError
            On another level.
        """
        level = fraction("interval", "level", level)
        members = [self.value, self.standard_error, self.degrees_of_freedom]
        one = not isinstance(self.value, np.ndarray)
        table = np.array([np.atleast_1d(member) for member in members], dtype=np.float64)
        out = np.empty((2, table.shape[1]))
        _core.intervals(table, level, out)
        return Interval(*per_pair(out, one))


def estimate(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike,
    *,
    num_threads: int | None = None,
) -> KernelEstimate:
    """The kernel estimate with the error that the draw's own blocks show.

    Blocks are single rows for independent projections, `input_dim` (padded) rows for orthogonal
    (Hadamard) ones. With block means g_b and weights w_b = (rows of b) / m, c_b = w_b^2 / (1 - 2
    w_b)::

        value = sum w_b g_b
        standard_error^2 = sum c_b (g_b - value)^2 / (1 + sum c_b)

    which is unbiased whatever the variances of the blocks. Sobol frequencies are one block: 16
    other scrambles are drawn, at 17 times the cost. The sample variance of the m rows would not
    do: orthogonal rows are correlated.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The draw.
    x, y : array of shape (input_dim,), or (n, input_dim)
        One pair, or the pairs (row i of x, row i of y); float32 or float64.
    num_threads : int, optional

    Returns
    -------
    KernelEstimate

    Raises
    ------
    TypeError, ValueError
        As `FeatureMap.apply`, and when the row counts differ.

    Notes
    -----
    O(num_frequencies input_dim) a pair.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> fm = bo.FeatureMap(bo.FeatureMapSpec(2, 1000, seed=1))
    >>> found = bo.estimate(fm, np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    >>> low, high = found.interval(0.999)
    >>> bool(low < np.exp(-0.5) < high)
    True
    """
    drawn = as_map("estimate", feature_map)
    x, y, one = pair_or_rows("estimate", x, y, drawn.input_dim)
    out = np.empty((5, x.shape[0]))
    count = threads("estimate", num_threads)
    with refusals_of("estimate"):
        _core.estimate(drawn._map, x, y, out, count)
    sources = np.array(_core.error_sources)[out[4].astype(np.int64)]
    blocks = out[3].astype(np.int64)
    value, standard_error, freedom = per_pair(out[:3], one)
    return KernelEstimate(
        value,
        standard_error,
        freedom,
        blocks=int(blocks[0]) if one else blocks,
        source=str(sources[0]) if one else sources,
    )
