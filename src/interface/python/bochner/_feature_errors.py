# SPDX-License-Identifier: Apache-2.0
"""How far results that are computed from features depend on the draw of the frequencies."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._estimates import Interval, KernelEstimate
from bochner._options import one_of, positive, seed_of, whole
from bochner._results import Result, arrays_of
from bochner._specs import SpecLike, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Resampling: TypeAlias = Literal["automatic", "jackknife", "bootstrap"]
_RESAMPLINGS = ("automatic", "jackknife", "bootstrap")


@dataclasses.dataclass(frozen=True, eq=False)
class FeatureErrors(Result):
    """Results, and what the random frequencies add to them: one entry per result.

    Attributes
    ----------
    value : array of shape (r,)
        Of the draw as it is.
    standard_error : array of shape (r,)
        Over draws.
    bias : array of shape (r,)
        An estimate of the mean of `value` over draws less its value at infinitely many frequencies,
        of the first order in one over the number of blocks; not subtracted from `value`.
    degrees_of_freedom : array of shape (r,)
        Of `standard_error`.
    num_frequencies : int
    block_size : int
        Frequencies that were drawn together.
    blocks : int
        Independent blocks, a truncated last one included.
    resampling : {"jackknife", "bootstrap"}
        That was used.
    """

    value: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    bias: NDArray[np.float64]
    degrees_of_freedom: NDArray[np.float64]
    num_frequencies: int
    block_size: int
    blocks: int
    resampling: Literal["jackknife", "bootstrap"]

    def interval(self, level: float = 0.95) -> Interval:
        """Student's t intervals of all results.

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Returns
        -------
        Interval
            ``low`` and ``high``, one number per result.

        Raises
        ------
        TypeError, ValueError
            On another level.
        """
        return KernelEstimate(
            self.value, self.standard_error, self.degrees_of_freedom, self.blocks, "blocks"
        ).interval(level)

    def frequencies_needed(self, standard_error: float, result: int = 0) -> int:
        """The frequencies, a whole number of blocks, whose standard error would be that much.

        Errors fall with the square root of the number of frequencies (Yao, Erichson and Lopes
        2023).

        Parameters
        ----------
        standard_error : float
            Positive.
        result : int
            Which result.

        Returns
        -------
        int

        Raises
        ------
        TypeError, ValueError
            On other numbers, and for more than 2^40 frequencies.
        """
        function = "frequencies_needed"
        wanted = positive(function, "standard_error", standard_error)
        which = whole(function, "result", result, 0, len(self.value) - 1)
        return int(
            _core.frequencies_needed_for(
                float(self.standard_error[which]), self.num_frequencies, self.block_size, wanted
            )
        )


def resampling_options(
    function: str, resampling: str, replicates: int, seed: int
) -> tuple[str, int, int]:
    """How draws are imitated, for the library."""
    return (
        one_of(function, "resampling", resampling, _RESAMPLINGS),
        whole(function, "replicates", replicates, 0),
        seed_of(function, seed),
    )


def _results(function: str, value: Any) -> list[float]:
    found = np.atleast_1d(np.asarray(value, dtype=np.float64))
    if found.ndim != 1:
        raise ValueError(f"{function}: the functional gave {found.ndim} dimensions, expected one")
    return [float(number) for number in found]


def feature_error(
    spec: SpecLike,
    functional: Callable[..., Any],
    *,
    other: SpecLike | None = None,
    resampling: Resampling = "automatic",
    replicates: int = 200,
    seed: int = 0,
) -> FeatureErrors:
    """Any result of features, and its error over draws of the frequencies.

    `functional` takes weights ``v_j >= 0`` of the m frequencies, whose mean is 1, and gives what
    would be computed with the kernel ``sum_j v_j (contribution of frequency j)``: the columns of
    frequency j are j, m + j, ..., and are to be multiplied by ``sqrt(v_j)``, so that all columns
    are times ``np.sqrt(np.tile(v, D // m))``.

    Jackknife: groups of independent blocks of frequencies (at most 64) are left out, one after the
    other, and the others weighed up; with truncated blocks by Busing, Meijer and van der Leeden
    1999. Bootstrap (Yao, Erichson and Lopes 2023): blocks are drawn with replacement. The error is
    that of the features alone, not of the data.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
    functional : callable
        Of weights, an array of shape (m,); with `other`, of those of both maps. Gives a number or a
        vector, always of one length.
    other : FeatureMapSpec, FeatureMap or str, optional
        A second map. Maps of one seed are resampled together, others each by itself, and variances
        and biases add up.
    resampling : {"automatic", "jackknife", "bootstrap"}
        automatic: the jackknife of eight blocks or more, else the bootstrap.
    replicates : int
        Of the bootstrap, at least 2.
    seed : int
        Of the bootstrap.

    Returns
    -------
    FeatureErrors

    Raises
    ------
    TypeError, ValueError
        On other arguments, when the draw has fewer than two independent blocks (Sobol'
        frequencies, sketches and exact columns are one block), and when the functional changes its
        number of results or gives one that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> fm = bo.FeatureMap(bo.FeatureMapSpec(2, 64, seed=1))
    >>> phi = fm.transform(np.random.default_rng(0).normal(size=(100, 2)))
    >>> def largest_eigenvalue(weights):
    ...     return np.linalg.norm(phi * np.sqrt(np.tile(weights, 2)), 2) ** 2
    >>> found = bo.feature_error(fm.spec, largest_eigenvalue)
    >>> found.blocks, bool(found.standard_error[0] < 0.1 * found.value[0])
    (32, True)
    """
    function = "feature_error"
    options = resampling_options(function, resampling, replicates, seed)
    first = spec_of(function, spec)

    def called(*weights: NDArray[np.float64]) -> list[float]:
        return _results(function, functional(*weights))

    if other is None:
        return FeatureErrors(**arrays_of(_core.feature_error(first, called, *options)))
    second = spec_of(function, other, "other")
    return FeatureErrors(**arrays_of(_core.feature_error_of_pair(first, second, called, *options)))
