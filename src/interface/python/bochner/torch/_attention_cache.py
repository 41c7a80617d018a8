# SPDX-License-Identifier: Apache-2.0
"""States of attention for tensors: what a decoder keeps of the sequence so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from bochner._attention_state import AttentionState
from bochner.torch._pairs import pairs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec

_NAME = "AttentionCache"


class AttentionCache:
    """A `bochner.AttentionState` that takes and gives tensors on the CPU.

    Constant memory, about ``2 D d_v`` numbers per batch entry and key head, whatever the length. No
    gradient passes. `FavorAttention.start` makes one.

    Parameters
    ----------
    specs : sequence of FeatureMapSpec
        One for all heads, or one per key head.
    batch, key_heads, value_dim : int
    dtype : dtype
        Of the rows: float32, float64, bfloat16 or float16.
    exact : str
        Text of `ExactPairs`, with a window and first keys alone.
    rest : {"features", "none"}
    decay : sequence of numbers, optional

    Raises
    ------
    ValueError
        When `exact` has heaviest keys or blocks, and as `AttentionState`.
    """

    def __init__(
        self,
        specs: Sequence[FeatureMapSpec],
        batch: int,
        key_heads: int,
        value_dim: int,
        dtype: torch.dtype,
        exact: str = "",
        rest: str = "features",
        decay: Sequence[float] | None = None,
    ) -> None:
        pairs = pairs_of(exact)
        if pairs.heaviest_keys > 0 or pairs.blocks.count > 0:
            raise ValueError(
                f"{_NAME}: exact is {exact!r}, and a state holds a window and first keys alone"
            )
        self.state = AttentionState(
            specs[0] if len(specs) == 1 else list(specs),
            batch,
            key_heads,
            value_dim,
            dtype="float64" if dtype is torch.float64 else "float32",
            window=pairs.window,
            first_keys=pairs.first_keys,
            rest="none" if rest == "none" else "features",
            decay=decay,
        )

    def append(self, keys: Tensor, values: Tensor, *, key_mask: Tensor | None = None) -> Self:
        """Take in keys and values, as `AttentionState.append`."""
        self.state.append(
            _on_cpu("keys", keys),
            _on_cpu("values", values),
            key_mask=_mask(key_mask),
            num_threads=torch.get_num_threads(),
        )
        return self

    def attend(self, queries: Tensor) -> Tensor:
        """What queries make of all keys so far, as `AttentionState.attend`."""
        found = self.state.attend(_on_cpu("queries", queries), num_threads=torch.get_num_threads())
        return torch.from_numpy(found).to(queries.dtype)

    def advance(
        self, queries: Tensor, keys: Tensor, values: Tensor, *, key_mask: Tensor | None = None
    ) -> Tensor:
        """Take in keys, and let query i attend up to key i, as `AttentionState.advance`."""
        found = self.state.advance(
            _on_cpu("queries", queries),
            _on_cpu("keys", keys),
            _on_cpu("values", values),
            key_mask=_mask(key_mask),
            num_threads=torch.get_num_threads(),
        )
        return torch.from_numpy(found).to(queries.dtype)

    def select(self, batch: Tensor) -> None:
        """Go on with these batch entries, in this order: the beams of a search."""
        self.state = self.state.select(batch.cpu().numpy())

    @property
    def length(self) -> int:
        """Keys seen so far by the batch entry that has seen most."""
        return self.state.length


def _on_cpu(name: str, tensor: Tensor) -> Tensor:
    if tensor.device.type != "cpu":
        raise ValueError(f"{_NAME}: {name} is on {tensor.device}, expected the CPU")
    return tensor.detach()


def _mask(mask: Tensor | None) -> Tensor | None:
    return None if mask is None else _on_cpu("key_mask", mask)
