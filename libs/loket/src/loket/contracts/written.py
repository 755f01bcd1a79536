"""How documents are written: YAML, JSON and Markdown tables, the same bytes for the same code."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

GENERATED = "Made from the code by `make contracts`; do not edit."


class _Dumper(yaml.SafeDumper):
    """No anchors, lists indented, texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML asks it of every value
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML calls it so
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def as_yaml(*documents: Any, heading: bool = True) -> str:
    """One document, or several with `---` between them."""
    parts = [yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140) for document in documents]
    return (f"# {GENERATED}\n" if heading else "") + "---\n".join(parts)


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)
