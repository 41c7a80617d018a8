# SPDX-License-Identifier: Apache-2.0
"""Counts the vector instructions of the engine's AVX-512 loops, float, from their disassembly.

Usage: instructions.py OBJECTS    (the folder of src/simd's object files)

A loop is the innermost one with the most multiplications; a transform in registers has none, and is
counted whole. Counts are given for 16 features of a map with 64 input columns, one vector.
"""

import collections
import re
import subprocess
import sys

KINDS = {
    "multiply": r"vf?n?m(add|sub|ul)\d*ps",
    "add": r"v(add|sub|max)ps",
    "shuffle": r"v(shuf|perm|unpck|blend)\w*",
    "integer": (
        r"vp(sll|srl|ternlog|add|sub|and|or|xor|mov\w2)\w*"
        r"|v(and|or|xor|cmp|rndscale)\w*|kortest\w*"
    ),
    "broadcast": r"v\w*broadcast\w*",
    "move": r"vmov\w*",
}
DEPTH = 64
# What, object, function, and how many vectors of features one pass of the loop finishes.
LOOPS = [
    ("product", "product", r"tile_of<.*Assign, 6ul?, 4ul?, float", "product"),
    ("exponential", "exponential", r"Exponential<float>::exp2_rows", "stores"),
    ("cosine and sine", "trigonometric", r"Trigonometric<float>::sincos_rows", "stores / 2"),
    ("Hadamard projection", "hadamard", r"whole<4, float", "whole"),
]


def functions(path):
    """Instructions (address, name, operands) by demangled function, those of AVX-512."""
    text = subprocess.run(
        ["objdump", "-d", "-C", "--no-show-raw-insn", path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    body = None
    found = {}
    for line in text.splitlines():
        head = re.match(r"[0-9a-f]+ <(.*)>:$", line)
        if head:
            body = found.setdefault(head[1], []) if "N_AVX3" in head[1] else None
            continue
        parts = re.match(r"\s*([0-9a-f]+):\s+(\S+)\s*(.*)", line)
        if body is not None and parts:
            body.append((int(parts[1], 16), parts[2], parts[3]))
    return found


def kind_of(name):
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, name)), "other")


def loops(body):
    """Innermost loops: from the target of a jump backwards to the jump."""
    spans = []
    for address, name, operands in body:
        target = re.match(r"([0-9a-f]+)", operands)
        if name.startswith("j") and target and int(target[1], 16) < address:
            spans.append((int(target[1], 16), address))
    for first, last in spans:
        if not any(first <= a and b < last for a, b in spans):
            yield [i for i in body if first <= i[0] <= last]


def multiplications(body):
    return sum(kind_of(name) == "multiply" for _, name, operands in body if "zmm" in operands)


def main():
    print(
        "# | 16 float features, AVX-512 | multiply | add | shuffle | integer | broadcast "
        "| move, load, store | other |"
    )
    print("# |---|---|---|---|---|---|---|---|")
    for what, source, pattern, how in LOOPS:
        bodies = [
            b
            for name, b in functions(f"{sys.argv[1]}/{source}.cpp.o").items()
            if re.search(pattern, name)
        ]
        if not bodies:
            sys.exit(f"instructions.py: no {pattern} in {source}.cpp.o")
        body = max(bodies, key=multiplications)
        if how != "whole":
            body = max(loops(body), key=multiplications)
        counts = collections.Counter(kind_of(name) for _, name, _ in body)
        stores = sum(
            bool(re.search(r"%zmm\d+,.*\(", operands))
            for _, name, operands in body
            if name.startswith("vmov")
        )
        vectors = {
            "product": multiplications(body) / DEPTH,
            "stores": stores,
            "stores / 2": stores / 2,
            "whole": stores,
        }[how]
        cells = (f"{counts[kind] / vectors:.3g}" for kind in [*KINDS, "other"])
        print(f"# | {what} | " + " | ".join(cells) + " |", flush=True)


main()
