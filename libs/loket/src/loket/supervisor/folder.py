"""The folder `.loket`: what it holds, who may use it, and the secrets made in it once."""

import base64
import fcntl
import os
import secrets
import shutil
from pathlib import Path
from typing import IO

import yaml

from common.access.issuing import Issuer, new_key, public_keys
from loket.embedded.child import PRIVATE
from loket.errors import LoketError

NEEDED_BYTES = 1024**3
_LARGEST_LOG = 50 * 1024**2


class StateFolder:
    """Held by one supervisor at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: IO[str] | None = None
        self._umask: int | None = None

    @property
    def kafka(self) -> Path:
        return self.path / "kafka"

    @property
    def clock(self) -> Path:
        return self.path / "clock.json"

    @property
    def signing_key(self) -> Path:
        """The private key of this machine's tokens; no service sees it."""
        return self.path / "secrets" / "issuer.pem"

    @property
    def public_keys(self) -> Path:
        """What the services know tokens by."""
        return self.path / "jwks.json"

    @property
    def partner_secrets(self) -> Path:
        """A file per partner, named after it, with its live signing secrets."""
        return self.path / "secrets" / "partners"

    def store(self, service: str) -> Path:
        return self.path / "stores" / f"{service}.sqlite"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def hold(self) -> None:
        """Refuses when another process holds it; the hold ends with us, however we end."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (self.path / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise LoketError(
                f"Loket already runs on {self.path} (process {holder}): use that one, stop it with `kill {holder}`,"
                " or give this one another folder and other ports (LOKET_FOLDER, LOKET_PORT_BASE)."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._held = file
        self._umask = os.umask(PRIVATE)
        self._make_private()

    def release(self) -> None:
        if self._held:
            self._held.close()
            self._held = None
        if self._umask is not None:
            os.umask(self._umask)
            self._umask = None

    def _make_private(self) -> None:
        """What an earlier Loket left readable for others is so no more."""
        try:
            for path in (self.path, *self.path.rglob("*")):
                mode = path.lstat().st_mode
                if mode & PRIVATE and not path.is_symlink():
                    path.chmod(mode & 0o700)
        except PermissionError as error:
            self.release()
            raise LoketError(
                f"{error.filename} is readable for others and belongs to another user, so that it cannot be made private:"
                f" give it to yourself (chown), or name another folder with LOKET_FOLDER."
            ) from error

    def check_space(self, needed: int = NEEDED_BYTES) -> None:
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise LoketError(
                f"Only {free // 1024**2} MB is free on the disk of {self.path} and Loket needs {needed // 1024**2} MB"
                " for Kafka and the stores: free some space, or name a folder on another disk with LOKET_FOLDER."
            )

    def prepare(self, region: Path) -> None:
        """Makes the folders and the secrets that are missing."""
        for name in ("stores", "logs", "secrets"):
            (self.path / name).mkdir(exist_ok=True)
        self.issuer()
        self._add_partner_secrets(region / "intake" / "partners.yaml")
        for log in (self.path / "logs").glob("*.log"):
            if log.stat().st_size > _LARGEST_LOG:
                log.replace(log.with_suffix(".log.1"))

    def issuer(self) -> Issuer:
        """Signs tokens for the services of this machine; the key is made at first use."""
        self.signing_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.signing_key.parent.chmod(0o700)
        if not self.signing_key.exists():
            _write_secret(self.signing_key, new_key())
        pem = self.signing_key.read_text(encoding="utf-8")
        if not self.public_keys.exists():
            _write_secret(self.public_keys, public_keys(pem))
        return Issuer(pem)

    def pseudonym_key(self) -> str:
        """What pseudonyms in processing records are made with; made at first use."""
        return password_in(self.path / "secrets", "pseudonym_key")

    def kafka_password(self, user: str) -> str:
        """Of one of Kafka's users; made when it is first asked for."""
        return password_in(self.path / "secrets" / "kafka", user)

    def wipe(self) -> None:
        """Removes all that was stored; refuses while somebody uses it."""
        self.hold()
        self.release()
        shutil.rmtree(self.path)

    def _add_partner_secrets(self, partners: Path) -> None:
        self.partner_secrets.mkdir(mode=0o700, exist_ok=True)
        for partner in _partner_ids(partners):
            if not (self.partner_secrets / partner).exists():
                _write_secret(self.partner_secrets / partner, f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}\n")


def password_in(folder: Path, user: str) -> str:
    """The password that lies in a folder under a name, made there if it is missing."""
    if not (folder / user).exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_secret(folder / user, secrets.token_urlsafe(32))
    return (folder / user).read_text(encoding="utf-8").strip()


def _partner_ids(partners: Path) -> list[str]:
    if not partners.exists():
        return []
    return [str(partner["id"]) for partner in yaml.safe_load(partners.read_text(encoding="utf-8"))["partners"]]


def _write_secret(path: Path, text: str) -> None:
    """Never readable by others, not even for a moment; never half written."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
