# SPDX-License-Identifier: Apache-2.0
"""Maps by their number of columns, as estimators ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap

if TYPE_CHECKING:
    from numpy.typing import NDArray


def spec_of_columns(
    input_dim: int, kernel: Any, projection: Any, features: Any, num_columns: int, seed: int
) -> FeatureMapSpec:
    """A spec of as many columns, or of the next number that is a whole one of frequencies."""
    spec = FeatureMapSpec(input_dim, 1, kernel, projection, features, seed)
    replaced: FeatureMapSpec = spec.__replace__(
        num_frequencies=-(-num_columns // spec.num_features)
    )
    return replaced


class Columns:
    """Any number of columns whose inner products estimate the kernel.

    Where a frequency makes two columns and their number is odd, a further frequency makes the last
    one: its columns, turned by a random angle, of which the first is kept, times sqrt(2). Over the
    angle that has the mean of both. Each estimate is weighted by its columns.
    """

    def __init__(self, spec: FeatureMapSpec, num_columns: int) -> None:
        each = spec.num_features // spec.num_frequencies
        whole, rest = divmod(num_columns, each)
        self.num_columns = num_columns
        self.maps: list[FeatureMap] = []
        self.turn: NDArray[np.float64] | None = None
        if whole > 0:
            self.maps.append(FeatureMap(spec.__replace__(num_frequencies=whole)))
        if rest > 0:
            # Another seed: the frequency has to be independent of the others.
            other = spec.__replace__(num_frequencies=1, seed=spec.seed ^ (1 << 63))
            self.maps.append(FeatureMap(other))
            angle = np.random.default_rng(spec.seed).uniform(0.0, 2.0 * np.pi)
            self.turn = np.sqrt(2.0) * np.array([np.cos(angle), np.sin(angle)])

    def transform(self, x: NDArray[Any], num_threads: int | None = None) -> NDArray[Any]:
        if self.turn is None:
            return self.maps[0].transform(x, num_threads=num_threads)
        out = np.empty((x.shape[0], self.num_columns), x.dtype)
        last = self.num_columns - 1
        if last > 0:
            self.maps[0].transform(x, out=out[:, :last], num_threads=num_threads)
            out[:, :last] *= x.dtype.type((last / self.num_columns) ** 0.5)
        turned = (self.turn * (1.0 / self.num_columns) ** 0.5).astype(x.dtype)
        phi = self.maps[-1].transform(x, num_threads=num_threads)
        out[:, last] = phi[:, 0] * turned[0] + phi[:, 1] * turned[1]
        return out
