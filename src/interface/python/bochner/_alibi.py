# SPDX-License-Identifier: Apache-2.0
"""The rates of ALiBi."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._options import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray


def alibi_slopes(heads: int) -> NDArray[np.float64]:
    """The rates of ALiBi, as the `decay` of `attention` takes them.

    ``2 ** (-8 k / heads)``, k = 1 .. heads, where `heads` is a power of two; otherwise those of the
    next smaller power of two, and then every other one of the next larger.

    Parameters
    ----------
    heads : int
        At least 0.

    Returns
    -------
    array of shape (heads,)

    Raises
    ------
    TypeError, ValueError
        On another number of heads.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.alibi_slopes(4).tolist()
    [0.25, 0.0625, 0.015625, 0.00390625]
    """
    return np.array(_core.alibi_slopes(whole("alibi_slopes", "heads", heads, 0)), np.float64)
