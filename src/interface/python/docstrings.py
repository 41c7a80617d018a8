# SPDX-License-Identifier: Apache-2.0
"""Write a C++ table of the documentation comments of the public headers.

Usage: docstrings.py OUTPUT HEADER...

A comment of lines that begin with ``///`` belongs to the struct declared below it; the members
documented in the struct are listed under it. ``help()`` in Python then says what the header says,
and neither is written twice.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

DECLARED = re.compile(r"^struct\s+(?:BOCHNER_EXPORT\s+)?(?P<name>\w+)")
MEMBER = re.compile(
    r"^(?:static\s+)?[\w:<>,\s]+?\b(?P<name>\w+)(?:\s*=\s*[^;]+|\{[^;]*\})?;(?:\s*///<\s*(?P<text>.*))?$"
)


def plain(lines: list[str]) -> str:
    """The comment without a block of C++ in it."""
    kept, inside = [], False
    for line in lines:
        if line.strip().startswith("```"):
            inside = not inside
        elif not inside:
            kept.append(line)
    return "\n".join(kept).strip()


def members_of(lines: list[str], first: int) -> list[str]:
    """Name and text of each documented member of the struct that begins at line ``first``."""
    out: list[str] = []
    above: list[str] = []
    for line in lines[first + 1 :]:
        if line.startswith("}"):
            break
        stripped = line.strip()
        if stripped.startswith("///<") and out:
            out[-1] += " " + stripped.removeprefix("///<").strip()
        elif stripped.startswith("///"):
            above.append(stripped.removeprefix("///").strip())
        else:
            found = MEMBER.match(stripped)
            if found and "(" not in stripped.split("///")[0]:
                text = " ".join([*above, found["text"] or ""]).strip()
                if text:
                    out.append(f"{found['name']}\n    {text}")
            above = []
    return out


def documented(header: Path) -> dict[str, str]:
    """What ``header`` says, by name."""
    lines = header.read_text(encoding="utf-8").splitlines()
    table: dict[str, str] = {}
    comment: list[str] = []
    for number, line in enumerate(lines):
        if line.startswith("///"):
            comment.append(line.removeprefix("///").removeprefix(" "))
            continue
        if line.startswith(("template", "// clang-format")):
            continue
        found = DECLARED.match(line)
        if found and comment and not comment[0].startswith("\\file"):
            text = plain(comment)
            if members := members_of(lines, number):
                text += "\n\nParameters\n----------\n" + "\n".join(members)
            table.setdefault(found["name"], text)
        comment = []
    return table


def main(output: str, *headers: str) -> None:
    """Write the table."""
    table: dict[str, str] = {}
    for header in sorted(headers):
        for name, text in documented(Path(header)).items():
            table.setdefault(name, text)
    rows = "\n".join(f'  {{"{name}", R"~({text})~"}},' for name, text in sorted(table.items()))
    Path(output).write_text(
        f"""// Made by docstrings.py from the public headers.
#include "interface/python/docstrings.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace bochner::python {{
namespace {{

struct Entry {{
  std::string_view name;
  const char* text;
}};

constexpr Entry kEntries[] = {{
{rows}
}};

}}  // namespace

const char* docstring(const std::string& name) {{
  const auto* const found =
      std::find_if(std::begin(kEntries), std::end(kEntries),
                   [&](const Entry& entry) {{ return entry.name == name; }});
  return found == std::end(kEntries) ? "" : found->text;
}}

}}  // namespace bochner::python
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
