# SPDX-License-Identifier: Apache-2.0
"""What a model may ask of attention and this library refuses, by name."""

from __future__ import annotations

from typing import Any

# What would change the weights, and is given to attention under these names.
_REASONS = {
    "softcap": "logits are not capped",
    "logit_cap": "logits are not capped",
    "s_aux": "there are no sinks among the weights",
    "sinks": "there are no sinks among the weights",
    "position_bias": "nothing is added to logits",
    "alibi": "nothing is added to logits",
    "head_mask": "heads are not masked",
    "layer_head_mask": "heads are not masked",
    "cross_attn_layer_head_mask": "heads are not masked",
    "block_mask": "blocks of pairs are not masked",
    "cu_seq_lens_q": "packed sequences are not told apart",
    "cu_seq_lens_k": "packed sequences are not told apart",
}


def refuse_dropout(layer: str, dropout: float) -> None:
    """Dropout of weights, which are never formed."""
    if dropout > 0:
        raise ValueError(
            f"bochner: {layer} asks for attention dropout {dropout}, which acts on weights that "
            "are never formed, expected 0: set it to 0 in the model's config, or call model.eval()"
        )


def refuse_options(layer: str, options: dict[str, Any]) -> None:
    """Options that would change the weights."""
    if options.get("output_attentions"):
        raise ValueError(
            f"bochner: {layer} asks for output_attentions, and weights are never formed; "
            'expected none, or model.set_attn_implementation("eager")'
        )
    for name, reason in _REASONS.items():
        if options.get(name) is not None:
            raise ValueError(
                f"bochner: {layer} asks for {name}, which is not offered ({reason}); use "
                'model.set_attn_implementation("eager")'
            )
