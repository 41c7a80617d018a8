# SPDX-License-Identifier: Apache-2.0
"""Whether Dask is here."""

try:
    import dask
    import dask.array
except ImportError as error:
    raise ImportError("bochner.dask needs Dask with arrays: pip install bochner[dask]") from error

__all__ = ["dask"]
