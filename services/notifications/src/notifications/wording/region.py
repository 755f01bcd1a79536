"""The part of the region pack that notifications reads, checked as a whole when the service starts."""

from pathlib import Path

from common.processing.register import Register
from notifications.domain import Policy
from notifications.domain import Template as Key
from notifications.wording.checking import check_markup, check_placeholders
from notifications.wording.reading import RegionFault, read
from notifications.wording.templates import Wordings
from notifications.wording.words import LANGUAGES, OTHER, Documents, Languages, Names, Places, Products


class Region:
    """Rules, names and templates of a region; raises `RegionFault` when something is missing or does not fit together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.register = read(folder / "processing.yaml", Register)
        self.policy = read(folder / "policy.yaml", Policy)
        places = read(folder / "places.yaml", Places)
        self.senders, self.locations, self.organisations = places.senders, Names(places.locations), Names(places.organisations)
        self.products = Names(read(folder / "products.yaml", Products).products)
        self.documents = Names(read(folder / "documents.yaml", Documents).documents)
        self.languages = read(folder / "languages.yaml", Languages)
        self.wordings = Wordings(folder)
        self._check_references()
        self._check_completeness()
        check_placeholders(self.wordings)
        check_markup(self.wordings)

    def _check_references(self) -> None:
        for file, names in (
            ("places.yaml organisations", self.organisations),
            ("products.yaml", self.products),
            ("documents.yaml", self.documents),
        ):
            if OTHER not in names:
                raise RegionFault(f"{self.folder / file}: there is no row '{OTHER}'.")
        for product in (row for code in self.products.codes() for row in self.products.every(code)):
            unknown = [code for code in product.bring if code not in self.documents]
            if product.organisation not in self.organisations:
                unknown.append(product.organisation)
            if unknown:
                raise RegionFault(f"{self.folder / 'products.yaml'}: {product.code} names what is in no list: {', '.join(unknown)}.")

    def _check_completeness(self) -> None:
        missing = [f"{key.value}/{language}.yaml" for key in Key for language in LANGUAGES if not self.wordings.has(key, language)]
        if missing:
            raise RegionFault(f"{self.folder / 'templates'}: there is no {', '.join(missing)}.")
        ruled = {rule.template for rule in self.policy.expiries}
        lawless = [key.value for key in Key if key.value not in ruled]
        if lawless:
            raise RegionFault(f"{self.folder / 'policy.yaml'}: expiries name no rule for {', '.join(lawless)}.")
