# SPDX-License-Identifier: Apache-2.0
"""What operators hand the library of a call, beside its tensors of queries, keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._core.options import ExactPairs
from bochner.torch._tensors import array_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def call_options(
    *,
    causal: bool,
    query_offset: int,
    decay: Sequence[float],
    key_mask: Tensor | None = None,
    allowed: Tensor | None = None,
    window: int = 0,
    exact: ExactPairs | None = None,
    rest: str = "features",
) -> _core.AttentionOptions:
    """The options of a call; no `decay` is an empty one."""
    return _core.AttentionOptions(
        mask="causal" if causal else "none",
        query_offset=query_offset,
        query_offsets=None,
        key_mask=array_or_none(key_mask),
        key_lengths=None,
        cu_seqlens=None,
        cu_seqlens_keys=None,
        products="full",
        allowed=array_or_none(allowed),
        window=window,
        decay=np.array(decay, np.float64) if len(decay) > 0 else None,
        gates=None,
        exact=ExactPairs() if exact is None else exact,
        rest=rest,
    )
