# SPDX-License-Identifier: Apache-2.0
"""Whatever is passed to a public call, its refusal begins with the call's name."""

import inspect

import pytest

import bochner as bo

BAD = [None, "bad", b"bad", 1j, object(), int, {1: 2}, [["a"]], ..., 3, 2.5, True]
BY_THE_PARSER = ("head_maps", "head_specs")  # a text is refused in its own words
RESULTS = inspect.getmembers(bo, lambda thing: hasattr(thing, "to_dict"))


def calls():
    """Public functions, and classes that are neither options nor results."""
    skipped = {*dict(RESULTS), *vars(bo._core.options), *BY_THE_PARSER}
    for name in bo.__all__:
        thing = getattr(bo, name)
        if name not in skipped and (inspect.isfunction(thing) or inspect.isclass(thing)):
            yield name, thing


def required(call):
    """Names of the arguments that must be passed."""
    parameters = inspect.signature(call).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.default is p.empty and p.kind in kinds]


@pytest.mark.parametrize(("name", "call"), list(calls()))
def test_refusals_begin_with_the_name(name, call):
    for bad in BAD if required(call) else []:
        try:
            call(**dict.fromkeys(required(call), bad))
        except (TypeError, ValueError) as error:
            words = str(error)
        except OSError:
            continue  # a file that is not there
        else:
            continue
        assert "incompatible function arguments" not in words
        assert words.startswith(name), words


def test_most_calls_are_looked_at():
    assert len([name for name, call in calls() if required(call)]) > 60
