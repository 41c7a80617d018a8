# SPDX-License-Identifier: Apache-2.0
"""Axes to draw into, and the door of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes


FREQUENCIES_LABEL = "number of frequencies $m$"
OUTPUT_ERROR_LABEL = "relative error of the output"

_FINE = 0.1  # what `attention_report` calls fine


def fine_line(ax: Axes) -> None:
    """Mark the error of attention's output that is called fine."""
    ax.axhline(_FINE, color="0.5", linestyle="--", linewidth=1)


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


def finished(ax: Axes, xlabel: str, ylabel: str, *, legend: str | None = None) -> Axes:
    """The axes with labels, a grid and a legend of this title."""
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.grid(visible=True, which="major", alpha=0.3)
    ax.legend(frameon=False, title=legend)
    return ax


def ticks_at(ax: Axes, values: Iterable[int]) -> None:
    """Mark these numbers alone on a logarithmic axis of counts."""
    from matplotlib.ticker import NullLocator

    numbers = sorted(set(values))
    ax.set_xticks(numbers, [str(number) for number in numbers])
    ax.xaxis.set_minor_locator(NullLocator())


def expect(function: str, name: str, value: object, classes: tuple[type, ...]) -> None:
    """Refuse what is no instance of these classes."""
    if not isinstance(value, classes):
        wanted = " or ".join(each.__name__ for each in classes)
        raise TypeError(f"{function}: {name} is {type(value).__name__}, expected {wanted}")
