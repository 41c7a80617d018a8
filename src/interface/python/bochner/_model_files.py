# SPDX-License-Identifier: Apache-2.0
"""Models in files, and what they say of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from bochner import _core
from bochner._models import Model
from bochner._options import path

if TYPE_CHECKING:
    from bochner._arrays import ArrayLike
    from bochner._reading import ReadOptions


def load_model(file: str | os.PathLike[str]) -> Model:
    """The model in a file that `save_model`, `fit` or ``bochner fit`` wrote.

    Parameters
    ----------
    file : path

    Returns
    -------
    Model

    Raises
    ------
    OSError
        For anything but a model, whole and consistent.
    """
    return Model(_core.load_model(path("load_model", "file", file)))


def save_model(model: Model, file: str | os.PathLike[str]) -> None:
    """Write the file that ``bochner fit`` writes: whole, or the old one stays.

    Parameters
    ----------
    model : Model
    file : path

    Raises
    ------
    OSError
        When it cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 100)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data, file = pathlib.Path(folder, "x.npy"), pathlib.Path(folder, "model")
    ...     np.save(data, np.column_stack([x, np.sin(x)]))
    ...     model = bo.fit(data, 2, num_frequencies=16, ridge=1e-6, lengthscales="fixed").model
    ...     bo.save_model(model, file)
    ...     again = bo.load_model(file)
    >>> bool((again.predict(x[:, None]) == model.predict(x[:, None])).all())
    True
    """
    _core.save_model(_as_model("save_model", model)._model, path("save_model", "file", file))


def _as_model(function: str, model: object) -> Model:
    if not isinstance(model, Model):
        raise TypeError(f"{function}: model is {type(model).__name__}, expected a Model")
    return model


def predict(
    model: Model | str | os.PathLike[str],
    data: ArrayLike | str | os.PathLike[str],
    *,
    return_std: bool = False,
    reading: ReadOptions | None = None,
    num_threads: int | None = None,
) -> Any:
    """What a model, or the model in a file, predicts: `Model.predict`.

    Parameters
    ----------
    model : Model or path
    data : array of shape (n, len(inputs)) or path
    return_std : bool
    reading : ReadOptions, optional
    num_threads : int, optional

    Returns
    -------
    array of shape (n,) or (n, len(targets))
    std : array of the same shape
        Only where asked for.
    """
    if isinstance(model, (str, os.PathLike)):
        model = load_model(model)
    held = _as_model("predict", model)
    return held.predict(data, return_std=return_std, reading=reading, num_threads=num_threads)
