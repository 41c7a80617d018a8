# SPDX-License-Identifier: Apache-2.0
"""Attention by random features for PyTorch: operators, modules and Performers.

`attention` and `exact_attention` are operators with gradients (``bochner::attention``, ...): the
library's own code on the CPU, the same in plain torch on every other device.
`sequence_parallel_attention` is attention over a sequence that is cut over ranks. `FeatureMap`,
`FavorAttention`, `PerformerEncoder`, `PerformerDecoder` and `PerformerLanguageModel` are modules;
`redraw` and `RedrawSchedule` draw new frequencies while one trains.
"""

try:
    import torch as _torch
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ImportError(
        "bochner.torch needs PyTorch, which is not installed: pip install bochner[torch]",
        name="torch",
    ) from None

if not hasattr(_torch.library, "custom_op"):
    raise ImportError(
        f"bochner.torch needs PyTorch 2.6 or newer, and {_torch.__version__} is installed: pip "
        "install --upgrade bochner[torch]",
        name="torch",
    )

from bochner.torch._attention import attention
from bochner.torch._attention_cache import AttentionCache
from bochner.torch._exact_attention import exact_attention
from bochner.torch._favor_attention import FavorAttention
from bochner.torch._feature_map import FeatureMap
from bochner.torch._language_model import PerformerLanguageModel, TokenEmbedding
from bochner.torch._maps import spec_text
from bochner.torch._performer import PerformerDecoder, PerformerEncoder, PerformerLayer
from bochner.torch._redraws import RedrawSchedule, redraw
from bochner.torch._sequence_parallel import sequence_parallel_attention

__all__ = [
    "AttentionCache",
    "FavorAttention",
    "FeatureMap",
    "PerformerDecoder",
    "PerformerEncoder",
    "PerformerLanguageModel",
    "PerformerLayer",
    "RedrawSchedule",
    "TokenEmbedding",
    "attention",
    "exact_attention",
    "redraw",
    "sequence_parallel_attention",
    "spec_text",
]
