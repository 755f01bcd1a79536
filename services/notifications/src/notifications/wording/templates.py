"""Templates as they lie in the region pack: per message and language a subject, a text and an HTML page, with a version."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from common.events.base import Code, Language
from notifications.domain import Template as Key
from notifications.ports import NoWords
from notifications.wording.reading import RegionFault, read
from notifications.wording.words import LANGUAGES

PLAIN = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
HTML = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Code
    valid_from: date
    text: str = Field(min_length=1)
    html: str = Field(min_length=1)


class LayoutFile(_Part):
    """What stands around every message of a language."""


class TemplateFile(_Part):
    """One message in one language."""

    subject: str = Field(min_length=1, max_length=200)


class Rendered(NamedTuple):
    """A message in words."""

    version: str
    subject: str
    text: str
    html: str


class Wordings:
    """Everything that can be said, compiled once."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[tuple[Key, Language], TemplateFile] = {
            (key, language): read(folder / "templates" / key.value / f"{language}.yaml", TemplateFile)
            for key in Key
            for language in LANGUAGES
            if (folder / "templates" / key.value / f"{language}.yaml").exists()
        }
        self.layouts: dict[Language, LayoutFile] = {
            language: read(folder / "layout" / f"{language}.yaml", LayoutFile) for language in LANGUAGES
        }
        self._compiled = {where: _compile(f"{where[0]}/{where[1]}", file) for where, file in self.files.items()}
        self._around = {language: _compile(f"layout/{language}", file) for language, file in self.layouts.items()}

    def has(self, key: Key, language: Language) -> bool:
        """Whether a message can be said in a language."""
        return (key, language) in self.files

    def render(self, key: Key, language: Language, placeholders: dict[str, object]) -> Rendered:
        """A message with its placeholders filled in; raises `NoWords`."""
        try:
            subject, text, html = (template.render(placeholders) for template in self._compiled[key, language])
            around = {**placeholders, "language": language, "subject": subject}
            _, whole_text, whole_html = self._around[language]
            return Rendered(
                version=self.version(key, language),
                subject=" ".join(subject.split()),
                text=_tidy(whole_text.render({**around, "body": _tidy(text)})),
                html=whole_html.render({**around, "body": Markup(html)}),  # nosec B704 # noqa: S704 - rendered with autoescape just above
            )
        except (KeyError, TemplateError) as error:
            raise NoWords(f"{key.value}/{language}") from error

    def version(self, key: Key, language: Language) -> str:
        """The version of a template and of what stands around it, as it goes into the record of a message."""
        return f"{self.files[key, language].version}.{self.layouts[language].version}"


def placeholders_of(file: TemplateFile | LayoutFile) -> frozenset[str]:
    """Every name and attribute that a template asks for."""
    sources = (getattr(file, "subject", ""), file.text, file.html)
    return frozenset(name for source in sources for name in _names(HTML.parse(source)))


def _names(tree: nodes.Template) -> Iterator[str]:
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    yield from (name.name for name in tree.find_all(nodes.Name) if name.ctx == "load" and name.name not in own)
    yield from (f".{attribute.attr}" for attribute in tree.find_all(nodes.Getattr))


def _compile(name: str, file: TemplateFile | LayoutFile) -> tuple[Template, Template, Template]:
    try:
        return _template(PLAIN, getattr(file, "subject", "")), _template(PLAIN, file.text), _template(HTML, file.html)
    except TemplateSyntaxError as error:
        raise RegionFault(f"{name}, line {error.lineno}: {error.message}") from error


@cache
def _template(environment: Environment, source: str) -> Template:
    """Made once for each source: a region's wording is read again and again where many services are made in one process."""
    return environment.from_string(source)


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
