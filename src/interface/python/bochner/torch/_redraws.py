# SPDX-License-Identifier: Apache-2.0
"""New frequencies while a model trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bochner._options import whole
from bochner.torch._feature_map import FeatureMap

if TYPE_CHECKING:
    from torch import nn


def redraw(model: nn.Module) -> None:
    """Draw new frequencies for all maps of a model.

    Each map's `redraws` counts them, and a state dict holds it: a model that goes on from a
    checkpoint draws what it would have drawn.

    Parameters
    ----------
    model : Module

    Raises
    ------
    ValueError
        When frequencies were given.
    """
    for module in model.modules():
        if isinstance(module, FeatureMap):
            module.redraw()


class RedrawSchedule:
    """New frequencies every so many steps, as Performers are trained [Choromanski21, sec. 4.2].

    Called where an optimiser's step is, never in a forward pass: one that is run twice, as
    checkpointing does, sees the same frequencies.

    Parameters
    ----------
    model : Module
    every : int
        Steps between redraws, at least 1.

    Examples
    --------
    >>> from bochner.torch import FavorAttention, RedrawSchedule
    >>> model = FavorAttention(8, 2)
    >>> schedule = RedrawSchedule(model, every=100)
    >>> for _ in range(250):
    ...     schedule.step()
    >>> int(model.feature_map.redraws)
    2
    """

    def __init__(self, model: nn.Module, every: int) -> None:
        self._model = model
        self.every = whole("RedrawSchedule", "every", every, 1)
        self.steps = 0

    def step(self) -> None:
        """Count one step, and redraw where it is due."""
        self.steps += 1
        if self.steps % self.every == 0:
            redraw(self._model)

    def state_dict(self) -> dict[str, Any]:
        """The steps so far; the draws themselves are in the model's state."""
        return {"steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.steps = whole("RedrawSchedule", "steps", state["steps"], 0)
