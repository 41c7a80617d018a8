# SPDX-License-Identifier: Apache-2.0
"""Estimators for scikit-learn, 1.6 or newer.

Transformers: `RandomFeatures`, `RBFSampler`, `NystroemRPCholesky` and `KernelPCA`. Models:
`KernelRidge`, `KernelRidgeCV` and `KernelClassifier`. Sparse rows are accepted everywhere and made
dense, since features are.
"""

from bochner.sklearn._classifier import KernelClassifier
from bochner.sklearn._features import RandomFeatures, RBFSampler
from bochner.sklearn._gram import KernelPCA, NystroemRPCholesky
from bochner.sklearn._ridge import KernelRidge
from bochner.sklearn._ridge_cv import KernelRidgeCV

__all__ = [
    "KernelClassifier",
    "KernelPCA",
    "KernelRidge",
    "KernelRidgeCV",
    "NystroemRPCholesky",
    "RBFSampler",
    "RandomFeatures",
]
