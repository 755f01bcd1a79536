"""Makes the secrets of a deployment for trying out, once, as files: `.venv/bin/python deploy/make_secrets.py FOLDER`; what exists is kept.

FOLDER/SERVICE becomes /run/secrets of that service. FOLDER/mongo holds what the store is made with: the password of its root, which no
service gets, and that of a user per service, whose rights end at its own database (mongo_users.js in the local overlay).
FOLDER/issuer/key.pem signs access tokens and goes to no service: each gets the public half, jwks.json. FOLDER/auditor/token
is the auditor's, good for 31 days; without the file it is made anew. Needs Loket's `common`, which is in
the image of every service.
"""

import argparse
import base64
import os
import re
import secrets
from pathlib import Path

from common.access.issuing import LONGEST, Grant, Issuer, new_key, public_keys
from common.clock import SystemClock

SERVICES = ("intake", "scheduling", "notifications", "reporting")
KEEPERS = ("intake", "notifications")
"""Of personal data: they know people by the same pseudonyms."""
SERVICE_USER = 10001
MONGO_USER = 999
ISSUER = "issuer"
AUDITOR = "auditor"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument(
        "--partners", type=Path, default=Path("regions/south-limburg/intake/partners.yaml"), help="whom intake shares secrets with"
    )
    asked.add_argument("--mongo", default="mongo:27017", help="address of the store")
    asked.add_argument("--kustomize", action="store_true", help="also write a kustomization.yaml that makes Secrets of the files")
    given = asked.parse_args()
    make(given.folder, given.partners, given.mongo)
    if given.kustomize:
        (given.folder / "kustomization.yaml").write_text(kustomization(given.folder), encoding="utf-8")


def make(folder: Path, partners: Path, mongo: str) -> None:
    """Write the files that are missing, each readable by its owner alone."""
    _once(folder / "mongo" / "password", secrets.token_urlsafe(32), MONGO_USER)
    key = _once(folder / ISSUER / "key.pem", new_key(), SERVICE_USER)
    _once(folder / AUDITOR / "token", Issuer(key).token(Grant(AUDITOR), SystemClock().now(), LONGEST), SERVICE_USER)
    jwks = public_keys(key)
    for service in SERVICES:
        _once(folder / service / "jwks.json", jwks, SERVICE_USER)
        password = _once(folder / "mongo" / f"password_of_{service}", secrets.token_urlsafe(32), MONGO_USER)
        _once(folder / service / "mongo_url", f"mongodb://{service}:{password}@{mongo}/?authSource={service}", SERVICE_USER)
    pseudonyms = _once(folder / KEEPERS[0] / "pseudonym_key", secrets.token_urlsafe(32), SERVICE_USER)
    for service in KEEPERS[1:]:
        _once(folder / service / "pseudonym_key", pseudonyms, SERVICE_USER)
    for partner in re.findall(r"^ *- *id: *([\w.-]+)", partners.read_text(encoding="utf-8"), re.MULTILINE):
        _once(folder / "intake" / "partners" / partner, f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}", SERVICE_USER)


def kustomization(folder: Path) -> str:
    """A Secret for each folder of files but the issuer's, named after it: `intake-secrets`, `intake-partners-secrets`, `mongo-secrets`."""
    lines = ["# Made by deploy/make_secrets.py; never to be committed.", "secretGenerator:"]
    for holder in sorted({path.parent for path in folder.rglob("*") if path.is_file() and path.parent not in {folder, folder / ISSUER}}):
        place = holder.relative_to(folder)
        lines += [f"  - name: {'-'.join(place.parts)}-secrets", "    files:"]
        lines += [f"      - {place.as_posix()}/{path.name}" for path in sorted(holder.iterdir()) if path.is_file()]
    return "\n".join(lines) + "\n"


def _once(path: Path, value: str, user: int) -> str:
    """What the file holds, after it has been written if it was not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w", encoding="utf-8") as file:
            file.write(value)
        if os.geteuid() == 0:
            os.chown(path, user, user)
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
