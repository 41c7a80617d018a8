# SPDX-License-Identifier: Apache-2.0
"""Linear systems in a Gram matrix that is never formed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bochner import _core
from bochner._arrays import ArrayLike, threads
from bochner._exact_gram import ExactGram
from bochner._gram_approximation import Gram, GramApproximation
from bochner._gram_operator import columns_and_output
from bochner._options import real, whole
from bochner._results import Result
from bochner._shifted_gram import ShiftedGram, shifted_operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True)
class GramSolveReport(Result):
    """How a solve ended.

    Attributes
    ----------
    converged : bool
    iterations : int
        Products with the matrix.
    residual : float
        The largest ``|b - (K + ridge I) x| / |b|`` over columns.
    """

    converged: bool
    iterations: int
    residual: float


def solve(
    gram: Gram,
    preconditioner: ShiftedGram,
    b: ArrayLike,
    *,
    tolerance: float = 1e-8,
    max_iterations: int = 1000,
    out: NDArray[np.float64] | None = None,
    num_threads: int | None = None,
) -> tuple[NDArray[np.float64], GramSolveReport]:
    """``x = (K + ridge I)^-1 b`` by conjugate gradients, K never formed.

    The approximation's inverse is the preconditioner, and its ridge is the ridge. Where it is
    spectrally close to K, few iterations suffice. `O(n^2 (d + k))` an iteration for the exact
    matrix, `O(n D k)` for an approximate one of many features, preconditioned by one of few;
    ``5 n k`` numbers.

    Parameters
    ----------
    gram : ExactGram or GramApproximation
    preconditioner : ShiftedGram
        Of the same rows; for a GramApproximation, of the same dtype of features.
    b : array of shape (n,) or (n, k)
        float32 or float64.
    tolerance : float
        On ``|b - (K + ridge I) x| / |b|``, for every column.
    max_iterations : int
    out : float64 array of the shape of `b`, optional
        Where to write; may be `b`, and otherwise does not overlap it.
    num_threads : int, optional

    Returns
    -------
    x : float64 array of the shape of `b`
    report : GramSolveReport
        Whether the tolerance was reached: that it was not is no exception.

    Raises
    ------
    TypeError
        On another dtype, and where an argument is no such matrix.
    ValueError
        On shapes that do not match, NaN and infinity, and options out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> K = bo.ExactGram(bo.GaussianKernel(), x)
    >>> few = bo.GramApproximation(bo.FeatureMapSpec(2, 50, seed=1), x)
    >>> alpha, report = bo.solve(K, bo.ShiftedGram(few, 0.1), np.ones(200))
    >>> report.converged
    True
    >>> bool(np.abs(K @ alpha + 0.1 * alpha - 1.0).max() < 1e-6)
    True
    """
    shifted = shifted_operator("solve", "preconditioner", preconditioner, gram)
    vectors, to = columns_and_output("solve", b, out)
    options = (
        real("solve", "tolerance", tolerance),
        whole("solve", "max_iterations", max_iterations),
        threads("solve", num_threads),
    )
    if isinstance(gram, ExactGram):
        report = _core.solve_exact(gram._gram, shifted, vectors, to, *options)
    elif isinstance(gram, GramApproximation):
        report = _core.solve_approximate(gram._gram, shifted, vectors, to, *options)
    else:
        raise TypeError(
            f"solve: gram is {type(gram).__name__}, expected an ExactGram or a GramApproximation"
        )
    return to, GramSolveReport(**report)
