"""Rules that all templates of a region keep: the same placeholders in each language, and HTML that is well-formed."""

from collections.abc import Mapping
from html.parser import HTMLParser

from common.events.base import Language
from notifications.domain import Template as Key
from notifications.wording.reading import RegionFault
from notifications.wording.templates import LayoutFile, TemplateFile, Wordings, placeholders_of

VOID = frozenset({"br", "hr", "img", "meta", "link"})


def check_placeholders(wordings: Wordings) -> None:
    """Refuse a template that asks for other things than its siblings in other languages do."""
    _check("layout", wordings.layouts)
    for key in Key:
        _check(key.value, {language: file for (of, language), file in wordings.files.items() if of is key})


def check_markup(wordings: Wordings) -> None:
    """Refuse HTML whose tags do not close; each branch of a template closes what it opens."""
    for (key, language), file in wordings.files.items():
        if fault := markup_fault(file.html):
            raise RegionFault(f"templates/{key.value}/{language}.yaml: {fault}.")
    for language, layout in wordings.layouts.items():
        if fault := markup_fault(layout.html):
            raise RegionFault(f"layout/{language}.yaml: {fault}.")


def markup_fault(html: str) -> str | None:
    """What is wrong with a piece of HTML, or None."""
    tags = _Tags()
    tags.feed(html)
    tags.close()
    return tags.fault or (f"<{tags.open[-1]}> is not closed" if tags.open else None)


def _check(name: str, files: Mapping[Language, TemplateFile | LayoutFile]) -> None:
    asked = {language: placeholders_of(file) for language, file in files.items()}
    everything = frozenset().union(*asked.values())
    for language, names in asked.items():
        if missing := everything - names:
            raise RegionFault(f"{name}/{language}.yaml does not use {', '.join(sorted(missing))}, which other languages do.")


class _Tags(HTMLParser):
    """Follows opening and closing tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fault: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser gives it
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.fault = self.fault or f"</{tag}> closes what is not open"
            return
        self.open.pop()
