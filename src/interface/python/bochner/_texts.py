# SPDX-License-Identifier: Apache-2.0
"""Parts of specs from their texts, and what a text leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bochner import _core
from bochner._core.options import FeatureMapSpec, GivenFrequencies
from bochner._options import word
from bochner._specs import SpecLike, features_of, kernel_of, projection_of, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable


def _part(function: str, part_of: Callable[..., Any], text: str) -> Any:
    return part_of(function, word(function, "text", text), "text")


def name_in(text: str) -> str:
    """What the text of a part begins with: its name, without its options."""
    return text.partition("(")[0]


def parse_kernel(text: str) -> Any:
    """The kernel of a text, as ``str(kernel)`` writes it; options left out keep their defaults.

    Parameters
    ----------
    text : str

    Returns
    -------
    An instance of one of `kernels`

    Raises
    ------
    TypeError, ValueError
        On another text, naming the place and what is known there.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.parse_kernel("matern(nu=1.5)")
    MaternKernel(nu=1.5, metric=Isotropic(lengthscale=1.0))
    """
    return _part("parse_kernel", kernel_of, text)


def parse_projection(text: str) -> Any:
    """The projection of a text, as ``str(projection)`` writes it.

    Parameters
    ----------
    text : str

    Returns
    -------
    An instance of one of `projections`

    Raises
    ------
    TypeError, ValueError
        As `parse_kernel`.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.parse_projection("orthogonal(radii=constant)")
    OrthogonalProjection(radii='constant')
    """
    return _part("parse_projection", projection_of, text)


def parse_features(text: str) -> Any:
    """The feature function of a text, as ``str(features)`` writes it.

    Parameters
    ----------
    text : str

    Returns
    -------
    An instance of one of `feature_functions`

    Raises
    ------
    TypeError, ValueError
        As `parse_kernel`.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.parse_features("positive")
    PositiveFeatures()
    """
    return _part("parse_features", features_of, text)


def with_frequencies(spec: SpecLike, frequencies: GivenFrequencies) -> FeatureMapSpec:
    """A spec with the numbers of its given frequencies, of which its text holds the digest alone.

    Parameters
    ----------
    spec : FeatureMapSpec or str
        With a `GivenProjection`.
    frequencies : GivenFrequencies
        Those that the spec was made with.

    Returns
    -------
    FeatureMapSpec

    Raises
    ------
    TypeError, ValueError
        When the projection is another, or the digest is.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> given = bo.GivenFrequencies(np.eye(3))
    >>> text = str(bo.FeatureMapSpec(3, 3, projection=bo.GivenProjection(given)))
    >>> bo.FeatureMap(bo.with_frequencies(text, given)).num_features
    6
    """
    function = "with_frequencies"
    if not isinstance(frequencies, GivenFrequencies):
        raise TypeError(
            f"{function}: frequencies is {type(frequencies).__name__}, expected GivenFrequencies"
        )
    filled: FeatureMapSpec = _core.with_frequencies(spec_of(function, spec), frequencies)
    return filled
