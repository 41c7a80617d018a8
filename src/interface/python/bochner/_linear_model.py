# SPDX-License-Identifier: Apache-2.0
"""What models that are linear in features have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bochner._archives import Kept

if TYPE_CHECKING:
    import numpy as np

    from bochner._map import FeatureMap


class LinearModel(Kept):
    """A model that is linear in features, with a penalty and perhaps a constant."""

    __slots__ = ("_dtype", "_map", "_options")

    _dtype: np.dtype[Any]
    _map: FeatureMap
    _options: dict[str, Any]

    @property
    def feature_map(self) -> FeatureMap:
        """The features."""
        return self._map

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows and the features."""
        return self._dtype

    @property
    def ridge(self) -> float:
        """The penalty."""
        return float(self._options["ridge"])

    @property
    def intercept(self) -> bool:
        """Whether a constant was fitted."""
        return bool(self._options["intercept"])
