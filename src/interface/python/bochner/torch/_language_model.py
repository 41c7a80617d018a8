# SPDX-License-Identifier: Apache-2.0
"""A model of sequences of tokens on a Performer."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from bochner._options import whole
from bochner.torch._performer import PerformerDecoder


class TokenEmbedding(nn.Module):
    """Rows of tokens plus rows of their positions, both learned.

    Parameters
    ----------
    vocabulary : int
        Number of tokens.
    max_length : int
        Number of positions.
    embed_dim : int
    device, dtype : optional
    """

    def __init__(
        self,
        vocabulary: int,
        max_length: int,
        embed_dim: int,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        name = "TokenEmbedding"
        self.tokens = nn.Embedding(
            whole(name, "vocabulary", vocabulary, 1), embed_dim, device=device, dtype=dtype
        )
        self.positions = nn.Embedding(
            whole(name, "max_length", max_length, 1), embed_dim, device=device, dtype=dtype
        )
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, tokens: Tensor, first: int = 0) -> Tensor:
        """Tokens (batch, n) at positions first, first + 1, ... to (batch, n, embed_dim)."""
        end = first + tokens.shape[1]
        if end > self.positions.num_embeddings:
            raise ValueError(
                f"TokenEmbedding: tokens reach position {end - 1}, expected below "
                f"{self.positions.num_embeddings} (max_length)"
            )
        return self.tokens(tokens) + self.positions.weight[first:end]


class PerformerLanguageModel(nn.Module):
    """A Performer that predicts the next token.

    Parameters
    ----------
    vocabulary : int
        Number of tokens.
    max_length : int
        Longest sequence.
    depth, embed_dim, num_heads : int
    **options
        Those of `PerformerLayer`.

    Examples
    --------
    >>> import torch
    >>> from bochner.torch import PerformerLanguageModel
    >>> model = PerformerLanguageModel(10, 64, 1, 16, 2, num_frequencies=16).eval()
    >>> model(torch.zeros(1, 5, dtype=torch.int64)).shape
    torch.Size([1, 5, 10])
    >>> model.generate(torch.zeros(1, 5, dtype=torch.int64), 3).shape
    torch.Size([1, 8])
    """

    def __init__(
        self,
        vocabulary: int,
        max_length: int,
        depth: int,
        embed_dim: int,
        num_heads: int,
        **options: Any,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {key: options.get(key) for key in ("device", "dtype")}
        self.embedding = TokenEmbedding(vocabulary, max_length, embed_dim, **made)
        self.decoder = PerformerDecoder(depth, embed_dim, num_heads, **options)

    def _logits(self, rows: Tensor) -> Tensor:
        return rows @ self.embedding.tokens.weight.T

    def forward(self, tokens: Tensor, *, key_padding_mask: Tensor | None = None) -> Tensor:
        """Logits of the token after each.

        Parameters
        ----------
        tokens : integer tensor of shape (batch, length)
        key_padding_mask : bool tensor of shape (batch, length), optional
            True for padding.

        Returns
        -------
        tensor of shape (batch, length, vocabulary)
        """
        rows = self.decoder(self.embedding(tokens), key_padding_mask=key_padding_mask)
        return self._logits(rows)

    @torch.no_grad()
    def generate(
        self,
        prompt: Tensor,
        steps: int,
        *,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Go on with sequences, token by token, from states of constant size, on the CPU.

        O(D d_v) per layer, head and token, whatever the length so far.

        Parameters
        ----------
        prompt : integer tensor of shape (batch, n), n at least 1
        steps : int
            Tokens to add.
        temperature : float
            What logits are divided by before a token is drawn; 0 takes the likeliest.
        generator : Generator, optional
            Of the draws.

        Returns
        -------
        tensor of shape (batch, n + steps)

        Raises
        ------
        ValueError
            On an empty prompt, a negative temperature, or more positions than there are.
        """
        name = "generate"
        steps = whole(name, "steps", steps, 0)
        if prompt.dim() != 2 or prompt.shape[1] == 0:
            raise ValueError(
                f"{name}: prompt has shape {tuple(prompt.shape)}, expected (batch, at least 1)"
            )
        if not 0.0 <= temperature < math.inf:
            raise ValueError(f"{name}: temperature is {temperature}, expected at least 0")
        caches = self.decoder.start(prompt.shape[0])
        tokens, new = prompt, prompt
        for _ in range(steps):
            first = tokens.shape[1] - new.shape[1]
            rows = self.decoder.advance(self.embedding(new, first), caches)
            logits = self._logits(rows[:, -1])
            if temperature == 0.0:
                new = logits.argmax(-1, keepdim=True)
            else:
                chances = (logits / temperature).softmax(-1)
                new = torch.multinomial(chances, 1, generator=generator)
            tokens = torch.cat([tokens, new], 1)
        return tokens
