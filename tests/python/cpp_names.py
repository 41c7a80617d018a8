# SPDX-License-Identifier: Apache-2.0
"""The names that the public headers declare in namespace bochner."""

import re

NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|^[ \t]*#(?:\\\n|[^\n])*',
    re.DOTALL | re.MULTILINE,
)
NAMESPACE = re.compile(r"\bnamespace\s+([\w:]*)\s*$")
TEMPLATE = re.compile(r"^(?:template\s*<(?:[^<>]|<[^<>]*>)*>\s*|requires\b[^()]*?\s)+")
TYPE = re.compile(r"^(?P<kind>struct|class|enum(?: class)?) (?:BOCHNER_EXPORT )?(?P<name>\w+)")
CALL = re.compile(r"(\w+)\s*\(")
OTHER = re.compile(r"^(?:using|concept|static_assert|friend|extern)\b|\boperator\b")


def statements(text):
    """Each declaration at the level of a namespace: the namespace, and all up to ``;`` or ``{``."""
    scopes, head = [], ""
    for token in re.findall(r"[{};]|[^{};]+", NOISE.sub(" ", text)):
        inside = scopes and scopes[-1] is None
        if token in "{;" and not inside:
            opened = NAMESPACE.search(head) if token == "{" else None
            if not opened:
                where = "::".join(scopes)
                yield where, TEMPLATE.sub("", " ".join(head.split()))
        if token == "{":
            opened = None if inside else NAMESPACE.search(head)
            scopes.append(opened[1] if opened else None)
        elif token == "}":
            scopes.pop()
        head = "" if token in "{};" else head + token


def declared(headers):
    """Kind ("enum", "class" or "function") of each name, and the header it is in."""
    names = {}
    for header in sorted(headers):
        for namespace, statement in statements(header.read_text(encoding="utf-8")):
            if not namespace.startswith("bochner") or OTHER.search(statement):
                continue
            of_type = TYPE.match(statement)
            call = CALL.search(statement)
            if of_type:
                kind = "enum" if of_type["kind"].startswith("enum") else "class"
                names.setdefault(of_type["name"], (kind, header.name))
            elif call and "=" not in statement[: call.start()]:
                names.setdefault(call[1], ("function", header.name))
    return names
