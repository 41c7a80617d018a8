# SPDX-License-Identifier: Apache-2.0
"""Parts of specs from their texts."""

from __future__ import annotations

from typing import Any

from bochner._options import word
from bochner._specs import features_of, kernel_of, projection_of


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
    return kernel_of("parse_kernel", word("parse_kernel", "text", text), "text")


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
    return projection_of("parse_projection", word("parse_projection", "text", text), "text")


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
    return features_of("parse_features", word("parse_features", "text", text), "text")
