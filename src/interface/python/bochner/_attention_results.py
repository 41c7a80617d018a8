# SPDX-License-Identifier: Apache-2.0
"""What every call of attention reports."""

from __future__ import annotations

import dataclasses
from typing import Any

from bochner._results import Result


@dataclasses.dataclass(frozen=True)
class AttentionReport(Result):
    """What happened, summed over all rows of the output.

    Parameters
    ----------
    empty_rows
        Rows that see no key: zeros.
    underflowed_rows
        Rows whose normaliser was zero, because every product of a query feature and a key feature
        is (signed and rectified maps only): zeros.
    negative_rows
        Rows whose normaliser was negative (signed maps only): the output means little.
    nonfinite_rows
        Rows that hold a NaN or an infinity: they see one, or sums overflowed.
    arithmetic
        The products that ran: "float", "double", "bfloat16", or "bfloat16 (emulated)".
    """

    empty_rows: int
    underflowed_rows: int
    negative_rows: int
    nonfinite_rows: int
    arithmetic: str


def report_of(found: dict[str, Any]) -> AttentionReport:
    """The report that C++ gave."""
    return AttentionReport(**found)
