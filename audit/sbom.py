"""A software bill of materials (CycloneDX) of each deliverable, from its lock: the same on every machine."""

import json

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from locked import DELIVERED, ROOT, Package, jars, packages
from outcome import Outcome
from packageurl import PackageURL

FOLDER = ROOT / "docs" / "sbom"


def write() -> Outcome:
    """docs/sbom/NAME.cdx.json for each; checked against CycloneDX's own schema."""
    wrong, count = [], 0
    FOLDER.mkdir(exist_ok=True)
    for deliverable in DELIVERED:
        parts = packages(deliverable) + (jars() if deliverable == "loket" else [])
        text = bill(deliverable, parts)
        if faults := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
            wrong.append(f"{deliverable}: {faults}")
        (FOLDER / f"{deliverable}.cdx.json").write_text(text + "\n", encoding="utf-8")
        count += len(parts)
    return Outcome("bills of materials", f"{len(DELIVERED)} files, {count} components", wrong)


def bill(deliverable: str, parts: list[Package]) -> str:
    """The bill of one deliverable: its direct and indirect packages, flat, as the lock has them."""
    name = deliverable if deliverable == "loket" else f"loket-{deliverable}"
    root = Component(name=name, version="0.1.0", type=ComponentType.APPLICATION, bom_ref=name)
    bom = Bom(components=[_component(one) for one in parts])
    bom.metadata.component = root
    bom.register_dependency(root, list(bom.components))
    made = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    del made["serialNumber"], made["metadata"]["timestamp"]  # else never twice the same
    return json.dumps(made, indent=1)


def _component(one: Package) -> Component:
    jar = bool(one.group)
    return Component(
        name=one.name,
        version=one.version,
        group=one.group or None,
        type=ComponentType.LIBRARY,
        purl=PackageURL.from_string(one.purl),
        bom_ref=one.purl,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in one.hashes] if jar else (),
    )
