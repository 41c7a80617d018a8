# SPDX-License-Identifier: Apache-2.0
"""One model for all tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from bochner.torch import PerformerDecoder, PerformerEncoder, TokenEmbedding
from bochner.training._attentions import ATTENTIONS
from bochner.training._objectives import OBJECTIVES
from bochner.training._own_attention import Frame

if TYPE_CHECKING:
    from bochner.training._training_options import TrainingOptions


class SequenceModel(nn.Module):
    """Tokens and positions, a stack of Performer layers, and a linear output per token or sequence.

    Parameters start as functions of the seed alone, whatever the attention.

    Parameters
    ----------
    options : TrainingOptions
    length, vocabulary, classes : int
        Of the sequences.
    """

    def __init__(
        self, options: TrainingOptions, length: int, vocabulary: int, classes: int
    ) -> None:
        super().__init__()
        device = torch.device(options.device)
        self.objective = OBJECTIVES[options.objective]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            # One token more: where a sequence begins, or what is hidden.
            self.embedding = TokenEmbedding(vocabulary + 1, length, options.embed_dim)
            stack: Any = PerformerDecoder if self.objective.causal else PerformerEncoder
            self.body = stack(
                options.depth, options.embed_dim, options.num_heads, num_frequencies=1
            )
            outputs = classes if self.objective.of_whole else vocabulary
            self.head = nn.Linear(options.embed_dim, outputs)
            for i, layer in enumerate(self.body.layers):
                frame = Frame(
                    options.embed_dim,
                    options.num_heads,
                    options.num_features,
                    options.window,
                    length,
                    options.seed,
                    i,
                    device,
                )
                layer.self_attn = _in_place_of(layer.self_attn, options.attention, frame)
        self.to(device)

    def take(self, other: nn.Module) -> None:
        """Take over the parameters of a model that differs in its attention at most."""
        _copy_parameters(other, self)

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """Outputs of tokens (batch, length), `padding` being True where there is none.

        Returns
        -------
        tensor of shape (batch, length, vocabulary), or (batch, classes)
        """
        rows = self.embedding(tokens)
        if self.objective.causal:  # padding comes last, where no token that is there sees it
            return self.head(self.body(rows))
        rows = self.body(rows, key_padding_mask=padding)
        if self.objective.of_whole:
            live = ~padding.unsqueeze(-1)
            rows = (rows * live).sum(1) / live.sum(1)
        return self.head(rows)


def _in_place_of(start: nn.Module, name: str, frame: Frame) -> nn.Module:
    """The attention of this name with the projections of another one."""
    made = ATTENTIONS[name](frame)
    _copy_parameters(start, made)
    return made


@torch.no_grad()
def _copy_parameters(source: nn.Module, target: nn.Module) -> None:
    given = dict(source.named_parameters())
    for name, parameter in target.named_parameters():
        if name not in given or given[name].shape != parameter.shape:
            raise ValueError(
                f"SequenceModel: {name} has shape {tuple(parameter.shape)}, which the other model "
                "does not have"
            )
        parameter.copy_(given[name])
