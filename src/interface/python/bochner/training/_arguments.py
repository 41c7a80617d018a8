# SPDX-License-Identifier: Apache-2.0
"""Training options as arguments of a command."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from bochner.training._training_options import TrainingOptions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Container


def add_training_arguments(parser: argparse.ArgumentParser, *, but: Container[str] = ()) -> None:
    """Add an argument for each member of `TrainingOptions`, with its default, but for some.

    Parameters
    ----------
    parser : ArgumentParser
    but : container of str
        Members that the command sets itself.

    Examples
    --------
    >>> import argparse
    >>> from bochner.training import add_training_arguments, training_options
    >>> parser = argparse.ArgumentParser()
    >>> add_training_arguments(parser)
    >>> arguments = parser.parse_args(["--task", "text", "--embed-dim", "64"])
    >>> training_options(arguments, attention="exact").embed_dim
    64
    """
    for field in dataclasses.fields(TrainingOptions):
        if field.name in but:
            continue
        option: dict[str, Any] = {"required": True}
        if field.default is not dataclasses.MISSING:
            option = {"type": type(field.default), "default": field.default}
        parser.add_argument("--" + field.name.replace("_", "-"), **option)


def training_options(arguments: argparse.Namespace, **members: Any) -> TrainingOptions:
    """The options that arguments and `members` say.

    Parameters
    ----------
    arguments : Namespace
        Of a parser that `add_training_arguments` has added to.
    **members
        Members of `TrainingOptions`, before those of the arguments.

    Returns
    -------
    TrainingOptions

    Raises
    ------
    TypeError, ValueError
        As `TrainingOptions`.
    """
    return TrainingOptions(**{**given_members(arguments), **members})


def given_members(arguments: argparse.Namespace) -> dict[str, Any]:
    """Members of `TrainingOptions` that the arguments hold."""
    names = {field.name for field in dataclasses.fields(TrainingOptions)}
    return {name: value for name, value in vars(arguments).items() if name in names}
