# SPDX-License-Identifier: Apache-2.0
"""What long calls are watched by: a function, or a bar of tqdm."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Bars:
    """A bar per stage, the last of which is closed by `close`."""

    def __init__(self, function: str, name: str) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            raise ImportError(
                f"{function}: {name} is 'bar', which needs tqdm (pip install tqdm)"
            ) from None
        self._make: Callable[..., Any] = tqdm
        self._bar: Any = None
        self._stage = ""

    def show(self, stage: str, done: float, total: float | None, unit: str) -> None:
        if self._bar is None or self._stage != stage:
            self.close()
            self._stage = stage
            self._bar = self._make(desc=stage, total=total, unit=" " + unit, unit_scale=True)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _checked(function: str, name: str, value: Any) -> Any:
    if value is not None and not callable(value):
        raise TypeError(f"{function}: {name} is {value!r}, expected a function, 'bar' or None")
    return value


@contextlib.contextmanager
def progress(function: str, name: str, value: Any) -> Iterator[Any]:
    """What is called with stage, work done, all of it and its unit, while the call lasts."""
    if not (isinstance(value, str) and value == "bar"):
        yield _checked(function, name, value)
        return
    with contextlib.closing(_Bars(function, name)) as bars:
        yield bars.show


@contextlib.contextmanager
def counted(function: str, name: str, value: Any, what: str) -> Iterator[Any]:
    """What is called with each of an unknown number of things, while the call lasts."""
    if not (isinstance(value, str) and value == "bar"):
        yield _checked(function, name, value)
        return
    with contextlib.closing(_Bars(function, name)) as bars:
        seen = 0

        def show(*_thing: object) -> None:
            nonlocal seen
            seen += 1
            bars.show(function, seen, None, what)

        yield show
