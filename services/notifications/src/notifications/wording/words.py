"""The names of places, organisations, products and documents in every language, each row dated."""

from collections.abc import Sequence
from datetime import date
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from common.events.base import Code, Language
from notifications.domain.policy import Dated, in_force
from notifications.ports import NoWords

LANGUAGES: tuple[Language, ...] = ("nl", "en", "de", "fr")
OTHER = "other"  # the row for whatever has no row of its own

Words = dict[Language, str]


class Named(Dated):
    """Something with a code and a name in each language."""

    code: Code
    name: Words

    @field_validator("name")
    @classmethod
    def _in_every_language(cls, words: Words) -> Words:
        return _complete(words)


class Location(Named):
    """Where visits take place."""

    address: Words

    @field_validator("address")
    @classmethod
    def _address_in_every_language(cls, words: Words) -> Words:
        return _complete(words)


class Product(Named):
    """What people come for, at which organisation's desk, and the documents to bring."""

    organisation: Code
    bring: tuple[Code, ...] = ()


class Sender(Dated):
    """Who signs the messages, and where to turn with questions."""

    name: Words
    contact: Words

    @field_validator("name", "contact")
    @classmethod
    def _in_every_language(cls, words: Words) -> Words:
        return _complete(words)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Places(_Strict):
    """The file `places.yaml`."""

    senders: tuple[Sender, ...] = Field(min_length=1)
    locations: tuple[Location, ...] = Field(min_length=1)
    organisations: tuple[Named, ...] = Field(min_length=1)


class Products(_Strict):
    """The file `products.yaml`."""

    products: tuple[Product, ...] = Field(min_length=1)


class Documents(_Strict):
    """The file `documents.yaml`."""

    documents: tuple[Named, ...] = Field(min_length=1)


class Languages(_Strict):
    """The file `languages.yaml`."""

    locales: dict[Language, str]
    fallback: Language

    @field_validator("locales")
    @classmethod
    def _in_every_language(cls, words: Words) -> Words:
        return _complete(words)


N = TypeVar("N", bound=Named)


class Names(Generic[N]):
    """Rows by code; the row that holds on a day."""

    def __init__(self, rows: Sequence[N]) -> None:
        self._rows: dict[str, list[N]] = {}
        for row in rows:
            self._rows.setdefault(row.code, []).append(row)

    def __contains__(self, code: str) -> bool:
        return code in self._rows

    def codes(self) -> list[str]:
        """Every code there is, in the order of the file."""
        return list(self._rows)

    def every(self, code: str) -> list[N]:
        """All rows of a code."""
        return self._rows[code]

    def on(self, code: str, day: date) -> N:
        """The row of a code, or that of `other`; raises `NoWords` when there is neither."""
        rows = self._rows.get(code) or self._rows.get(OTHER)
        if rows is None:
            raise NoWords(code)
        return in_force(rows, day)


def _complete(words: Words) -> Words:
    missing = [language for language in LANGUAGES if not words.get(language, "").strip()]
    if missing:
        raise ValueError(f"no words in {', '.join(missing)}")
    return words
