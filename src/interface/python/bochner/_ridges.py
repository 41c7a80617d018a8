# SPDX-License-Identifier: Apache-2.0
"""Ridges to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._options import real, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray


def logarithmic_ridges(smallest: float, largest: float, count: int) -> NDArray[np.float64]:
    """Ridges at equal ratios.

    Parameters
    ----------
    smallest, largest : float
        Positive; both are among the ridges.
    count : int
        At least 2.

    Returns
    -------
    array of shape (count,)

    Raises
    ------
    TypeError, ValueError
        On other numbers.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.logarithmic_ridges(1e-4, 1.0, 3).round(6)
    array([1.e-04, 1.e-02, 1.e+00])
    """
    function = "logarithmic_ridges"
    return np.array(
        _core.logarithmic_ridges(
            real(function, "smallest", smallest),
            real(function, "largest", largest),
            whole(function, "count", count),
        )
    )
