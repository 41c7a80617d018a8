# SPDX-License-Identifier: Apache-2.0
"""Seeds of heads, layers and replicates."""

from __future__ import annotations

from bochner import _core
from bochner._options import seed_of


def derive_seed(seed: int, index: int) -> int:
    """An independent seed for the head, layer or replicate `index`: hashed, never added.

    Parameters
    ----------
    seed, index : int
        64 bits each.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        On what is no such integer.

    Examples
    --------
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(8, 64, seed=1)
    >>> heads = [spec.__replace__(seed=bo.derive_seed(spec.seed, head)) for head in range(4)]
    >>> len({head.seed for head in heads})
    4
    """
    function = "derive_seed"
    return _core.derive_seed(seed_of(function, seed), seed_of(function, index, "index"))
