# SPDX-License-Identifier: Apache-2.0
"""The maps of the heads of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bochner import _core
from bochner._map import FeatureMap
from bochner._options import whole
from bochner._specs import spec_of

if TYPE_CHECKING:
    from bochner._core.options import FeatureMapSpec


def head_specs(base: FeatureMapSpec | str, layer: int, heads: int) -> list[FeatureMapSpec]:
    """The specs of the heads of a layer, all from one seed.

    Layer l, key head h draws independently of all others, with ``derive_seed(derive_seed(seed, l),
    h)``: hashed, never ``seed + head``, so that ``seed + 1`` is a redraw of the whole network, and
    no two heads of two redraws share frequencies.

    Parameters
    ----------
    base : FeatureMapSpec or str
        Kernel, projection and features of all heads, and the seed of the network.
    layer : int
        From 0.
    heads : int
        Number of key heads.

    Returns
    -------
    list of FeatureMapSpec

    Examples
    --------
    >>> import bochner as bo
    >>> base = bo.FeatureMapSpec(4, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> len({spec.seed for layer in range(2) for spec in bo.head_specs(base, layer, 3)})
    6
    """
    name = "head_specs"
    base = spec_of(name, base, "base")
    layer = whole(name, "layer", layer, 0)
    return [_core.head_spec(base, layer, h) for h in range(whole(name, "heads", heads, 0))]


def head_maps(base: FeatureMapSpec | str, layer: int, heads: int) -> list[FeatureMap]:
    """The maps of the heads of a layer: those of `head_specs`.

    Parameters
    ----------
    base : FeatureMapSpec or str
    layer : int
        From 0.
    heads : int
        Number of key heads.

    Returns
    -------
    list of FeatureMap

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 2, 6, 4))
    >>> base = bo.FeatureMapSpec(4, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> bo.attention(bo.head_maps(base, 0, 2), q, k, v).shape
    (1, 2, 6, 4)
    """
    return [FeatureMap(spec) for spec in head_specs(base, layer, heads)]
