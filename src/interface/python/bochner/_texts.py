# SPDX-License-Identifier: Apache-2.0
"""Parts of specs from their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bochner._options import word
from bochner._specs import features_of, kernel_of, projection_of

if TYPE_CHECKING:
    from collections.abc import Callable


def _part(function: str, part_of: Callable[..., Any], text: str) -> Any:
    return part_of(function, word(function, "text", text), "text")


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
