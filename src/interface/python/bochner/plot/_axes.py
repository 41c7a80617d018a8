# SPDX-License-Identifier: Apache-2.0
"""Axes to draw into, and the door of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes that are given, or new ones."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError("bochner.plot needs matplotlib: pip install bochner[plot]") from error
    _, new = plt.subplots(layout="constrained")
    return new


def expect(function: str, name: str, value: object, classes: tuple[type, ...]) -> None:
    """Refuse what is no instance of these classes."""
    if not isinstance(value, classes):
        wanted = " or ".join(each.__name__ for each in classes)
        raise TypeError(f"{function}: {name} is {type(value).__name__}, expected {wanted}")
