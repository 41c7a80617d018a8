# SPDX-License-Identifier: Apache-2.0
"""The library's attention under a name that transformers knows."""

from __future__ import annotations

from transformers import AttentionInterface, AttentionMaskInterface

from bochner._options import word
from bochner.transformers._attention import attention
from bochner.transformers._masks import attention_mask


def register(name: str = "bochner") -> None:
    """Make the library's attention known to transformers.

    ``model.set_attn_implementation(name)``, or ``from_pretrained(..., attn_implementation=name)``,
    then runs it in every layer: exact attention, or what `calibrate` planned. Layers keep their
    causal masks, sliding windows and padding, caches of any kind, grouped heads and gradients; what
    cannot be honoured (masks over pairs, soft caps, biases, dropout of weights, the weights
    themselves) is refused by name when it is asked for.

    Parameters
    ----------
    name : str
        May be registered again.

    Raises
    ------
    ValueError
        When transformers itself has an attention of that name.

    Examples
    --------
    >>> import torch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> import bochner.transformers
    >>> bochner.transformers.register()
    >>> config = LlamaConfig(vocab_size=30, hidden_size=16, intermediate_size=16,
    ...                      num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
    >>> model = LlamaModel(config).eval()
    >>> ids = torch.arange(20).reshape(2, 10)
    >>> eager = model(ids).last_hidden_state
    >>> model.set_attn_implementation("bochner")
    >>> torch.allclose(model(ids).last_hidden_state, eager, atol=1e-5)
    True
    """
    name = word("register", "name", name)
    known = AttentionInterface().get(name)
    if name == "eager" or (known is not None and known is not attention):
        raise ValueError(
            f"register: name is {name!r}, which is another attention's, expected a new one"
        )
    AttentionInterface.register(name, attention)
    AttentionMaskInterface.register(name, attention_mask)
