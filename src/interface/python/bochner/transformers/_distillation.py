# SPDX-License-Identifier: Apache-2.0
"""Training after the swap: a planned model learns to give what the exact one gave."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface

from bochner._options import positive, whole
from bochner.torch._maps import lines_of, redrawn
from bochner.transformers._attention import attention
from bochner.transformers._capture import batches_of, evaluated, implementation, run
from bochner.transformers._masks import attention_mask
from bochner.transformers._plans import (
    ATTRIBUTE,
    PlannedGroup,
    StoredPlans,
    configs_of,
    forget,
    plans_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

_NAME = "distill"
_PLANNED = "bochner_planned"

AttentionInterface.register(_PLANNED, attention)
AttentionMaskInterface.register(_PLANNED, attention_mask)


def _groups(model: nn.Module) -> Iterator[PlannedGroup]:
    """All groups of heads in a model's configurations."""
    for config in configs_of(model):
        stored: StoredPlans | None = getattr(config, ATTRIBUTE, None)
        for plans in stored["layers"].values() if stored is not None else ():
            yield from plans["groups"]


def _redraw(groups: list[PlannedGroup], drawn: list[str], count: int) -> None:
    """New frequencies for the maps whose first texts are `drawn`."""
    for group, text in zip(groups, drawn, strict=True):
        if group["rest"] == "features":
            group["specs"] = "\n".join(str(redrawn(spec, count)) for spec in lines_of(text))


def _endless(batches: Any) -> Iterator[Any]:
    """Batches, and then the same again."""
    number = 0
    while True:
        before = number
        for batch in batches_of(_NAME, batches):
            yield batch
            number += 1
        if number == before:
            raise ValueError(
                f"{_NAME}: batches ended after {number}, expected at least one, and a list or "
                "another iterable that can start again"
            )


def _states(model: Any, batch: Any) -> tuple[Tensor, ...]:
    """The hidden states behind every layer."""
    inputs = dict(batch) if isinstance(batch, Mapping) else {model.main_input_name: batch}
    inputs |= {"output_hidden_states": True, "return_dict": True}
    output = run(_NAME, model, inputs, "batches")
    states = [
        state
        for name in ("hidden_states", "encoder_hidden_states", "decoder_hidden_states")
        for state in output.get(name) or ()
    ]
    if not states:
        raise ValueError(f"{_NAME}: {type(model).__name__} gives no hidden states, expected some")
    return tuple(states)


def _live(batch: Any, state: Tensor) -> Tensor:
    """Which rows of a state are tokens, (batch, length)."""
    mask = batch.get("attention_mask") if isinstance(batch, Mapping) else None
    if mask is None or tuple(mask.shape) != tuple(state.shape[:2]):
        return torch.ones(state.shape[:2], dtype=torch.bool, device=state.device)
    return mask.to(state.device).bool()


def _distance(found: tuple[Tensor, ...], wanted: tuple[Tensor, ...], batch: Any) -> Tensor:
    """The mean over layers of squared distances, relative to the squares of the exact states."""
    parts = []
    for mine, exact in zip(found, wanted, strict=True):
        live = _live(batch, exact)
        off, size = (mine - exact)[live], exact[live]
        parts.append(off.float().square().sum() / size.float().square().sum())
    return torch.stack(parts).mean()


def distill(
    model: Any,
    batches: Any,
    steps: int,
    learning_rate: float = 1e-4,
    *,
    redraw: int | None = None,
    on_step: Callable[[int, float], object] | None = None,
) -> list[float]:
    """Train a planned model to give the hidden states that it gives with exact attention.

    The teacher is a copy of the model as it comes, with exact attention; the loss is the mean over
    layers of ``|h - h_exact|^2 / |h_exact|^2`` over live tokens, its minimiser AdamW over all
    parameters that require gradients. The model's outputs approach those that it was trained for,
    without labels [Choromanski21, sec. 4.3].

    Costs a forward pass of the exact model and a forward and a backward pass of the planned one a
    step, and memory for two models and their hidden states.

    Parameters
    ----------
    model : PreTrainedModel
        With plans, of `calibrate` (without "exact-and-means") or `use_features`; its parameters are
        changed in place. It runs without dropout.
    batches : iterable of mappings or tensors
        As in `calibrate`, gone through again and again.
    steps : int
    learning_rate : float
    redraw : int, optional
        New frequencies every so many steps, so that the model learns no draw by heart; the plans
        keep the last ones. Without it they are fixed.
    on_step : callable, optional
        What is called with the number of each step, from 1, and its loss.

    Returns
    -------
    list of float
        The losses, one per step.

    Raises
    ------
    TypeError
        As `calibrate`.
    ValueError
        When the model has no plans, and when batches end and cannot start again.

    Examples
    --------
    >>> import torch
    >>> from transformers import LlamaConfig, LlamaModel
    >>> import bochner.transformers
    >>> config = LlamaConfig(vocab_size=30, hidden_size=16, intermediate_size=16,
    ...                      num_hidden_layers=1, num_attention_heads=2, initializer_range=0.3)
    >>> model = LlamaModel(config).eval()
    >>> ids = torch.arange(60).reshape(2, 30) % 30
    >>> plans = bochner.transformers.use_features(model, [ids], 16, on_plans=None)
    >>> losses = bochner.transformers.distill(model, [ids], 20, 1e-3)
    >>> losses[-1] < losses[0]
    True
    """
    steps = whole(_NAME, "steps", steps, 1)
    rate = positive(_NAME, "learning_rate", learning_rate)
    if redraw is not None:
        redraw = whole(_NAME, "redraw", redraw, 1)
    plans = plans_of(model)
    if plans is None:
        raise ValueError(f"{_NAME}: the model has no plans, expected those of calibrate")
    teacher = copy.deepcopy(model).requires_grad_(False)
    forget(teacher)
    groups = list(_groups(model))
    drawn = [group["specs"] for group in groups]
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=rate, weight_decay=0.0
    )
    source = _endless(batches)
    losses = []
    with implementation(model, _PLANNED), implementation(teacher, _PLANNED), evaluated(model):
        teacher.eval()
        for step in range(steps):
            if redraw is not None and step > 0 and step % redraw == 0:
                _redraw(groups, drawn, step // redraw)
            batch = next(source)
            with torch.no_grad():
                wanted = _states(teacher, batch)
            with torch.enable_grad():
                loss = _distance(_states(model, batch), wanted, batch)
                optimizer.zero_grad()
                loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
            if on_step is not None:
                on_step(step + 1, losses[-1])
    return losses
