# SPDX-License-Identifier: Apache-2.0
"""What every object that is about a map's features says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from bochner._map import FeatureMap


class Mapped:
    """Of the features of a map, in one dtype; subclasses have the slots."""

    __slots__ = ()

    _dtype: np.dtype[Any]
    _map: FeatureMap

    @property
    def feature_map(self) -> FeatureMap:
        """The features."""
        return self._map

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows and the features."""
        return self._dtype
