# SPDX-License-Identifier: Apache-2.0
"""What runs over many ranks cost: closed forms, and the same message by message.

Seconds, bytes, and numbers of 4 bytes (attention) or 8 (ridge regression). docs/scaling.md derives
the closed forms.
"""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class Network:
    """A message of b bytes takes ``latency + b / bandwidth``."""

    name: str
    latency: float
    bandwidth: float

    def message(self, size):
        return self.latency + size / self.bandwidth


@dataclasses.dataclass(frozen=True)
class Attention:
    """Causal attention of `heads` key heads, as one rank of one thread computes it.

    Attributes
    ----------
    advance : float
        Per token and head: a key taken in, a query answered.
    append : float
        The same without the query.
    handle : float
        Per state of a head: packed by one rank and unpacked by another.
    """

    advance: float
    append: float
    handle: float
    heads: int
    features: int
    value_dim: int

    @property
    def state(self):
        """Bytes of a head: sums, and exponents as doubles."""
        return 4 * self.features * (self.value_dim + 1) + 8 * self.features


@dataclasses.dataclass(frozen=True)
class Ridge:
    """Ridge regression with D features: seconds per row, to merge two sums, and to solve."""

    row: float
    merge: float
    solve: float
    features: int

    @property
    def sums(self):
        """Bytes of the triangle."""
        return 4 * (self.features + 2) * (self.features + 3)


def rounds(ranks):
    return math.ceil(math.log2(ranks))


def chain(cost, network, length, ranks):
    """One state per head from rank to rank."""
    part = length / ranks * cost.advance + (cost.handle if ranks > 1 else 0.0)
    return (ranks - 1 + cost.heads) * part + (ranks - 1) * network.message(cost.state)


def scan(cost, network, length, ranks):
    """Sums of all ranks first, then log2(ranks) rounds of all heads."""
    own = length / ranks * cost.heads * (cost.advance + (cost.append if ranks > 1 else 0.0))
    a_round = network.message(cost.heads * cost.state) + 2 * cost.heads * cost.handle
    return own + rounds(ranks) * a_round


def tree(cost, network, rows, ranks):
    """Sums merged on rank 0, which solves."""
    return (
        rows / ranks * cost.row
        + rounds(ranks) * (network.message(cost.sums) + cost.merge)
        + cost.solve
    )


def simulated_chain(cost, network, length, ranks, speeds):
    """`chain` message by message; `speeds` (ranks,) are multiples of a part's seconds."""
    part = length / ranks * cost.advance + (cost.handle if ranks > 1 else 0.0)
    arrived = np.zeros(cost.heads)
    for speed in speeds:
        end, left = 0.0, np.empty(cost.heads)
        for head in range(cost.heads):
            end = max(end, arrived[head]) + speed * part
            left[head] = end
        arrived = left + network.message(cost.state)
    return end


def simulated_scan(cost, network, length, ranks, speeds):
    """`scan` likewise: a rank waits for the one that it receives from, round after round."""
    keys = length / ranks * cost.heads * cost.append if ranks > 1 else 0.0
    now = speeds * keys
    message = network.message(cost.heads * cost.state)
    distance = 1
    while distance < ranks:
        later = now.copy()
        later[distance:] = np.maximum(now[distance:], now[:-distance] + message)
        later[distance:] += 2 * cost.heads * cost.handle
        now = later
        distance *= 2
    return float((now + speeds * (length / ranks * cost.heads * cost.advance)).max())


def simulated_tree(cost, network, rows, ranks, speeds):
    """`tree` likewise."""
    now = speeds * (rows / ranks * cost.row)
    step = 1
    while step < ranks:
        to = np.arange(0, ranks - step, 2 * step)
        now[to] = np.maximum(now[to], now[to + step] + network.message(cost.sums)) + cost.merge
        step *= 2
    return float(now[0] + cost.solve)


def require_alike(attention, ridge, network):
    """Closed forms are simulations of equal ranks, or there is a mistake in one of them.

    Where their number is no power of two, some rounds of a scan or tree have nobody to wait for,
    and the closed form is a bound.
    """
    pairs = (
        (chain, simulated_chain, attention),
        (scan, simulated_scan, attention),
        (tree, simulated_tree, ridge),
    )
    for ranks in (1, 2, 3, 4, 7, 64, 100):
        for form, simulation, cost in pairs:
            expected = form(cost, network, 1e6, ranks)
            found = simulation(cost, network, 1e6, ranks, np.ones(ranks))
            exact = form is chain or ranks & (ranks - 1) == 0
            if not (
                math.isclose(found, expected, rel_tol=1e-9) or (found < expected and not exact)
            ):
                raise AssertionError(f"{form.__name__} of {ranks} ranks: {found} and {expected}")
