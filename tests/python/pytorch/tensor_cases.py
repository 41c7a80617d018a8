# SPDX-License-Identifier: Apache-2.0
"""Specs and tensors of the tests."""

import torch

import bochner as bo

FEATURES = {
    "positive": bo.PositiveFeatures(),
    "hyperbolic": bo.HyperbolicFeatures(),
    "oprf": bo.OprfFeatures(-0.1),
    "hyperbolic-oprf": bo.HyperbolicOprfFeatures(-0.05),
    "trigonometric": bo.TrigonometricFeatures(),
}


class Cases:
    """Specs and tensors, always the same ones."""

    features = FEATURES

    @staticmethod
    def spec(features="hyperbolic", *, dim=6, m=24, kernel=None, seed=3, **members):
        if isinstance(features, str):
            features = FEATURES[features]
        kernel = bo.SoftmaxKernel.for_dimension(dim) if kernel is None else kernel
        return bo.FeatureMapSpec(dim, m, kernel, features=features, seed=seed, **members)

    @staticmethod
    def rows(
        dtype=torch.float64,
        *,
        batch=2,
        heads=4,
        key_heads=2,
        queries=70,
        keys=70,
        dim=6,
        value_dim=5,
        size=1.0,
        seed=0,
    ):
        """Queries, keys and values."""
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        q = size * normal(batch, heads, queries, dim)
        k = size * normal(batch, key_heads, keys, dim)
        v = normal(batch, key_heads, keys, value_dim)
        return tuple(x.to(dtype) for x in (q, k, v))

    @staticmethod
    def relative(found, expected):
        return float((found - expected).norm() / expected.norm())
