# SPDX-License-Identifier: Apache-2.0
"""Maps by the text of their specs, drawn once and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from bochner._map import FeatureMap
from bochner._seeds import derive_seed
from bochner._specs import SpecLike, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bochner import _core
    from bochner._core.options import FeatureMapSpec, GivenFrequencies

Specs: TypeAlias = "SpecLike | Sequence[SpecLike]"
"""One spec for all heads, or one per key head: specs, their texts, maps, or all texts as lines."""

# Frequencies that are kept, as numbers: about a gigabyte of doubles, floats and packed copies.
_MOST_NUMBERS = 2**26
# Where the seeds of redraws branch off from those of layers and heads: "redraws" in ASCII.
_REDRAWS = 0x72656472617773
# Specs with frequencies of the caller's, whose texts hold a digest alone.
_MOST_GIVEN = 1024


class HeadMaps(NamedTuple):
    """The maps of a call."""

    maps: tuple[FeatureMap, ...]
    held: list[_core.Map]


class MapCache:
    """Maps by the text and the number of redraws, the ones used longest ago dropped first.

    Bounded by how many numbers their frequencies have; safe to share between threads.
    """

    def __init__(self, most_numbers: int) -> None:
        self._most = most_numbers
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], HeadMaps] = OrderedDict()
        self._numbers = 0

    def __len__(self) -> int:
        return len(self._kept)

    def maps(self, specs: str, redraws: int) -> HeadMaps:
        """Those of the lines of `specs`, redrawn so many times."""
        key = (specs, redraws)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        maps = tuple(FeatureMap(redrawn(each, redraws)) for each in lines_of(specs))
        made = HeadMaps(maps, [each._map for each in maps])
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._numbers += _numbers(maps)
            while self._numbers > self._most and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._numbers -= _numbers(dropped.maps)
        return made


def _numbers(maps: Iterable[FeatureMap]) -> int:
    return sum(each.spec.num_frequencies * each.spec.input_dim for each in maps)


_cache = MapCache(_MOST_NUMBERS)
_given: OrderedDict[str, FeatureMapSpec] = OrderedDict()
_given_lock = threading.Lock()


def maps_of(specs: str, redraws: int) -> HeadMaps:
    """The maps of the lines of `specs`, from the cache of this process."""
    return _cache.maps(specs, redraws)


def redrawn(spec: FeatureMapSpec, redraws: int) -> FeatureMapSpec:
    """The spec after so many redraws: its seed is a function of the first one and of their number.

    Hashed, as `bochner.derive_seed` does, so that no two heads ever share frequencies.
    """
    if redraws == 0:
        return spec
    if redraws < 0:
        raise ValueError(f"bochner.torch: redraws is {redraws}, expected at least 0")
    if given_frequencies(spec) is not None:
        raise ValueError(
            "bochner.torch: frequencies that were given cannot be redrawn, expected a projection "
            "that draws"
        )
    return spec.__replace__(seed=derive_seed(derive_seed(spec.seed, _REDRAWS), redraws))


def given_frequencies(spec: FeatureMapSpec) -> GivenFrequencies | None:
    """Those that the caller brought, which a text does not hold."""
    found: GivenFrequencies | None = getattr(spec.projection, "frequencies", None)
    return found


def lines_of(specs: str) -> list[FeatureMapSpec]:
    """The specs that a text of one or several lines names."""
    return [_known(line) for line in specs.split("\n")]


def _known(line: str) -> FeatureMapSpec:
    with _given_lock:
        known = _given.get(line)
    return spec_of("bochner.torch", line, "specs") if known is None else known


def _text(function: str, value: SpecLike, name: str) -> str:
    if isinstance(value, str):
        return value
    spec = spec_of(function, value, name)
    text = str(spec)
    if given_frequencies(spec) is not None:
        with _given_lock:
            _given[text] = spec
            if len(_given) > _MOST_GIVEN:
                _given.popitem(last=False)
    return text


def spec_text(specs: Specs) -> str:
    """The lines of text that stand for specs in the operators, in graphs and in checkpoints.

    A call that is traced by `torch.compile` or `torch.export` takes its specs as this text.

    Parameters
    ----------
    specs : FeatureMapSpec, FeatureMap or str, or a sequence of them
        One for all heads, or one per key head. Frequencies that were given (`GivenProjection`) are
        known by their digest in this process alone.

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        When that is no spec, or the sequence is empty.

    Examples
    --------
    >>> import bochner as bo
    >>> from bochner.torch import spec_text
    >>> spec = bo.FeatureMapSpec(8, 64, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> spec_text(bo.head_specs(spec, layer=0, heads=2)).count("positive")
    2
    """
    return as_text("spec_text", specs)


def as_text(function: str, specs: Specs, name: str = "specs") -> str:
    """The same for another function's argument."""
    if isinstance(specs, str):
        return specs
    if not isinstance(specs, Sequence):
        return _text(function, specs, name)
    if len(specs) == 0:
        raise ValueError(f"{function}: {name} is empty, expected at least one spec")
    return "\n".join(_text(function, each, f"{name}[{h}]") for h, each in enumerate(specs))
