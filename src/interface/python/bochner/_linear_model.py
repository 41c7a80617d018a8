# SPDX-License-Identifier: Apache-2.0
"""What models that are linear in features have in common."""

from __future__ import annotations

from typing import Any

from bochner._archives import Kept
from bochner._mapped import Mapped


class LinearModel(Mapped, Kept):
    """A model that is linear in features, with a penalty and perhaps a constant."""

    __slots__ = ("_dtype", "_map", "_options")

    _options: dict[str, Any]

    @property
    def ridge(self) -> float:
        """The penalty."""
        return float(self._options["ridge"])

    @property
    def intercept(self) -> bool:
        """Whether a constant was fitted."""
        return bool(self._options["intercept"])
