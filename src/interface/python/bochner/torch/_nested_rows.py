# SPDX-License-Identifier: Apache-2.0
"""Nested tensors, which `torch.nn.TransformerEncoder` makes of padded batches in evaluation."""

from __future__ import annotations

import torch
from torch import Tensor


def padded(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows (batch, longest, columns) of a nested tensor, and which of them there are."""
    lengths = torch.tensor([each.shape[0] for each in x.unbind()], device=x.device)
    rows = torch.nested.to_padded_tensor(x, 0.0)
    return rows, torch.arange(rows.shape[1], device=x.device) < lengths.unsqueeze(1)


def nested(rows: Tensor, live: Tensor) -> Tensor:
    """The live rows of each batch entry, which come first, as a nested tensor."""
    lengths = live.sum(1).tolist()
    return torch.nested.as_nested_tensor(
        [entry[:length] for entry, length in zip(rows, lengths, strict=True)]
    )
