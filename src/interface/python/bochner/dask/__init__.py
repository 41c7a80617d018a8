# SPDX-License-Identifier: Apache-2.0
"""Models on Dask's arrays and dataframes.

Nothing but sums travels: partitions are summed where they are, the sums of neighbours are merged in
a fixed tree, and the model is solved for where `fit` was called. `RandomFeatures`, `KernelRidge`
and `KernelClassifier` have the parameters of their namesakes in `bochner.sklearn`, which need not
be installed; `fit_ridge`, `search_hyperparameters`, `gram_error`, `gram_error_curve` and
`two_sample_test` those of the functions of `bochner`.

Any of Dask's schedulers will do: threads, processes, or a `distributed.Client`. At fixed partitions
the results have the same bits for any number of workers; they are those of one process to rounding.
A worker that dies takes sums with it, which are made again from its partitions.
"""

from bochner.dask import _available
from bochner.dask._classifier import KernelClassifier
from bochner.dask._features import RandomFeatures
from bochner.dask._gram import gram_error, gram_error_curve
from bochner.dask._ridge import KernelRidge, fit_ridge
from bochner.dask._samples import two_sample_test
from bochner.dask._search import search_hyperparameters

__all__ = [
    "KernelClassifier",
    "KernelRidge",
    "RandomFeatures",
    "fit_ridge",
    "gram_error",
    "gram_error_curve",
    "search_hyperparameters",
    "two_sample_test",
]

del _available
