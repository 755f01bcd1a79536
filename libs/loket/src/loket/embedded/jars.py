"""The jars of Kafka and of the test store: fetched once, each checked against its locked sha256 before any Java starts."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import EnvironmentBuilder
from jgo.maven import MavenContext

from loket.errors import LoketError

LOCKS = Path(__file__).parent / "locks"
PAUSES = (1.0, 5.0)
"""Seconds before another try: a network may be away for a moment, and forty files come at once."""

_HINT = "check the network or name your own repository under [repositories] in the jgo config file (~/.config/jgo.conf), then start again"


@dataclass(frozen=True)
class Bundle:
    """Jars that run together: the lock's name and the Maven endpoint that it was made from."""

    name: str
    endpoint: str

    @property
    def lock(self) -> Path:
        return LOCKS / f"{self.name}.jars"


KAFKA = Bundle("kafka", "org.apache.kafka:kafka_2.13:4.4.0+org.slf4j:slf4j-simple:1.7.36")
MONGO = Bundle(
    "mongo", "de.bwaldvogel:mongo-java-server:1.47.0+de.bwaldvogel:mongo-java-server-h2-backend:1.47.0+org.slf4j:slf4j-nop:2.0.17"
)


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where a Maven repository keeps it."""
        return Path(*self.group.split("."), self.artifact, self.version, f"{self.artifact}-{self.version}.jar")

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version} {self.sha256}"


def default_cache() -> Path:
    return Path(os.environ.get("LOKET_CACHE") or Path.home() / ".cache" / "loket")


def is_cached(bundle: Bundle, cache: Path | None = None) -> bool:
    """Whether a start needs no network."""
    return all(((cache or default_cache()) / "jars" / jar.path).exists() for jar in read_lock(bundle.lock))


def jar_files(bundle: Bundle, cache: Path | None = None, locked: Iterable[Jar] | None = None) -> list[Path]:
    """The checked files of a bundle; the network is asked only for those that the cache lacks."""
    store = (cache or default_cache()) / "jars"
    jars = list(locked if locked is not None else read_lock(bundle.lock))
    missing = [jar for jar in jars if not (store / jar.path).exists()]
    if missing:
        _fetch(bundle, missing, store)
    for jar in jars:
        _check(jar, store / jar.path)
    return [store / jar.path for jar in jars]


def read_lock(lock: Path) -> list[Jar]:
    jars = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        coordinates, sha256 = line.split(" ")
        group, artifact, version = coordinates.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def write_lock(bundle: Bundle) -> int:
    """Resolves the endpoint anew, in an empty folder, and writes what came; returns the number of jars."""
    with tempfile.TemporaryDirectory(prefix="loket-jars-") as folder:
        jars = _resolve(bundle, Path(folder))
    bundle.lock.write_text("".join(f"{jar}\n" for jar in jars), encoding="utf-8")
    return len(jars)


def _resolve(bundle: Bundle, folder: Path) -> list[Jar]:
    store = folder / "m2"
    try:
        environment = EnvironmentBuilder(context=_maven(store), cache_dir=folder / "environments").from_endpoint(bundle.endpoint)
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise LoketError(f"The jars of {bundle.name} could not be resolved ({error}): {_HINT}.") from error
    names = {path.name for path in environment.all_jars}  # its `classpath` leaves the modular jars out
    return [_jar_of(path, store) for path in sorted(store.rglob("*.jar")) if path.name in names]


def _jar_of(path: Path, store: Path) -> Jar:
    *group, artifact, version, _ = path.relative_to(store).parts
    return Jar(".".join(group), artifact, version, _sha256(path))


def _maven(store: Path) -> MavenContext:
    own = GlobalSettings.load().repositories
    return MavenContext(repo_cache=store, remote_repos={**own, "central": MAVEN_CENTRAL_URL}, timeout=60)


def _fetch(bundle: Bundle, jars: list[Jar], store: Path) -> None:
    """Each file moves into the cache when its hash is right: an interruption leaves nothing half there."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=store, prefix=".incoming-") as folder, ThreadPoolExecutor(8) as pool:
            maven = _maven(Path(folder))
            list(pool.map(lambda jar: _fetch_one(maven, jar, store), jars))
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise LoketError(f"{len(jars)} jars of {bundle.name} could not be fetched into {store} ({error}): {_HINT}.") from error


def _fetch_one(maven: MavenContext, jar: Jar, store: Path) -> None:
    arrived = _arrived(maven, jar)
    _check(jar, arrived)
    target = store / jar.path
    target.parent.mkdir(parents=True, exist_ok=True)
    arrived.replace(target)


def _arrived(maven: MavenContext, jar: Jar) -> Path:
    for pause in PAUSES:
        try:
            return _ask(maven, jar)
        except requests.ConnectionError:
            time.sleep(pause)
    return _ask(maven, jar)


def _ask(maven: MavenContext, jar: Jar) -> Path:
    return Path(maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())


def _check(jar: Jar, path: Path) -> None:
    if _sha256(path) != jar.sha256:
        raise LoketError(
            f"{path} is not the {jar.group}:{jar.artifact}:{jar.version} that was locked (its sha256 differs), so Java was not started:"
            " delete that file and start again; if it comes back the same, somebody changed it on the way."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
