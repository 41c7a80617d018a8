# SPDX-License-Identifier: Apache-2.0
"""Ridges and features judged from the normal equations."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, list_of, threads
from bochner._normal_equations import NormalEquations, equations_of
from bochner._options import flag, real
from bochner._results import Result, arrays_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class RidgePath(Result):
    """What every ridge would do, from one factorisation: one entry for each.

    Where the system is singular in double precision, residuals are NaN, `gcv` is infinite and
    `log_evidence` minus infinity.

    Attributes
    ----------
    ridge : array of shape (r,)
    residuals : array of shape (r, num_targets)
        Weighted residual sums of squares.
    degrees_of_freedom : array of shape (r,)
        ``sum_j e_j / (e_j + W ridge)`` over the eigenvalues, plus one for an intercept.
    gcv : array of shape (r,)
        Generalised cross-validation, ``n RSS / (n - df)^2``, mean over the targets. Where rows come
        in groups it rewards memorising them: choose by `cross_validate`.
    log_evidence : array of shape (r,)
        Log marginal likelihood at the noise variance that maximises it, sum over the targets:
        comparable between maps and ridges on the same rows.
    """

    ridge: NDArray[np.float64]
    residuals: NDArray[np.float64]
    degrees_of_freedom: NDArray[np.float64]
    gcv: NDArray[np.float64]
    log_evidence: NDArray[np.float64]

    def _columns(self) -> dict[str, Any]:
        members = self.to_dict()
        residuals = members.pop("residuals")
        if residuals.shape[1] == 1:
            return {"ridge": members.pop("ridge"), "residuals": residuals[:, 0], **members}
        columns = {f"residuals_{c}": residuals[:, c] for c in range(residuals.shape[1])}
        return {"ridge": members.pop("ridge"), **columns, **members}


def ridge_path(
    equations: NormalEquations,
    ridges: ArrayLike,
    *,
    intercept: bool = True,
    num_threads: int | None = None,
) -> RidgePath:
    """Residuals, degrees of freedom, GCV and evidence for each of `ridges`.

    4/3 D^3 operations once, then O(D) per ridge.

    Parameters
    ----------
    equations : NormalEquations
    ridges : vector of numbers from 0 to 1e100
        In any order, such as ``np.geomspace(1e-9, 1, 28)``.
    intercept : bool
    num_threads : int, optional

    Returns
    -------
    RidgePath

    Raises
    ------
    ValueError
        On a ridge out of range, without ridges or without a row of positive weight.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 300)[:, None]
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 32, seed=1)).add(x, np.sin(x[:, 0]))
    >>> path = bo.ridge_path(sums, np.geomspace(1e-6, 1.0, 4))
    >>> bool((np.diff(path.degrees_of_freedom) < 0).all())
    True
    """
    found = _core.ridge_path(
        equations_of("ridge_path", equations),
        list_of("ridge_path", "ridges", ridges),
        flag("ridge_path", "intercept", intercept),
        threads("ridge_path", num_threads),
    )
    return RidgePath(**arrays_of(found))


def ridge_leverage(
    equations: NormalEquations,
    ridge: float,
    *,
    intercept: bool = True,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """How much each feature takes part in a ridge solution.

    The diagonal of ``A (A + W ridge I)^-1``, each in [0, 1). Without an intercept their sum is the
    effective degrees of freedom; with one, one less. O(D^3).

    Parameters
    ----------
    equations : NormalEquations
    ridge : float
    intercept : bool
    num_threads : int, optional

    Returns
    -------
    array of shape (num_features,)

    Raises
    ------
    ValueError
        As `RidgeRegression`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 300)[:, None]
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 32, seed=1)).add(x, np.sin(x[:, 0]))
    >>> scores = bo.ridge_leverage(sums, 1e-3)
    >>> scores.shape, bool((scores >= 0).all() and (scores < 1).all())
    ((64,), True)
    """
    return np.array(
        _core.ridge_leverage(
            equations_of("ridge_leverage", equations),
            real("ridge_leverage", "ridge", ridge),
            flag("ridge_leverage", "intercept", intercept),
            threads("ridge_leverage", num_threads),
        )
    )
