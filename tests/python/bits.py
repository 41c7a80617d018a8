# SPDX-License-Identifier: Apache-2.0
"""Print what a process computes, as one SHA-256, and what it found of threads, as JSON.

Usage: bits.py [MODULE...]

The modules are imported in this order before anything is computed; without any, bochner alone is.
"""

import hashlib
import importlib
import json
import sys


def inputs(rows, columns):
    """Numbers that every version of NumPy makes alike: quotients of small integers."""
    import numpy as np

    return ((np.arange(rows * columns) * 7919) % 1009 / 504.5 - 1.0).reshape(rows, columns)


def digest():
    """SHA-256 of features, attention, a fit and a Gram matrix, in both scalars."""
    import numpy as np

    import bochner as bo

    seen = hashlib.sha256()
    for dtype in (np.float32, np.float64):
        x = inputs(300, 8).astype(dtype)
        feature_map = bo.FeatureMap(bo.FeatureMapSpec(8, 64, seed=1))
        seen.update(feature_map.transform(x).tobytes())
        spec = bo.FeatureMapSpec(8, 64, bo.SoftmaxKernel(0.5), features=bo.HyperbolicFeatures())
        q, k, v = (inputs(2 * 150, 8).astype(dtype).reshape(1, 2, 150, 8) for _ in range(3))
        seen.update(bo.attention(spec, q, k, v, causal=True).tobytes())
        fitted = bo.fit_ridge(feature_map, x, x[:, 0] * x[:, 1], ridge=1e-4)
        seen.update(fitted.model.predict(x).tobytes())
        seen.update(bo.approximate_gram(feature_map, x, x).tobytes())
    return seen.hexdigest()


def threads_of_others():
    """Threads that torch and the pools known to threadpoolctl would use."""
    found = {}
    if "torch" in sys.modules:
        found["torch"] = sys.modules["torch"].get_num_threads()
    if "sklearn" in sys.modules:
        import threadpoolctl

        for pool in threadpoolctl.threadpool_info():
            found[pool["filepath"]] = pool["num_threads"]
    return found


def main(*modules):
    """Print the digest and the threads before and after."""
    for module in modules:
        importlib.import_module(module)
    before = threads_of_others()
    said = {"digest": digest(), "before": before, "after": threads_of_others()}
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
