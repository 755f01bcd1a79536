"""Jars are run only when their hash is the locked one, and fetched only once."""

import shutil
from pathlib import Path

import pytest
import requests

from loket.embedded import jars
from loket.embedded.jars import KAFKA, MONGO, Jar, jar_files, read_lock
from loket.embedded.kafka import EmbeddedKafka
from loket.errors import LoketError


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of our own with every jar of Kafka, taken from the shared one."""
    files = jar_files(KAFKA)
    store = tmp_path / "cache" / "jars"
    for jar, file in zip(read_lock(KAFKA.lock), files, strict=True):
        (store / jar.path).parent.mkdir(parents=True)
        shutil.copyfile(file, store / jar.path)
    return tmp_path / "cache"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "MAVEN_CENTRAL_URL", "http://127.0.0.1:9/maven2")
    monkeypatch.setattr(jars, "PAUSES", (0.0,))


@pytest.mark.usefixtures("no_network")
def test_with_all_jars_in_the_cache_no_network_is_needed(cache: Path) -> None:
    assert len(jar_files(KAFKA, cache)) == len(read_lock(KAFKA.lock)) == 45


def test_a_jar_with_another_hash_is_refused_before_java_starts(cache: Path, tmp_path: Path) -> None:
    changed = cache / "jars" / read_lock(KAFKA.lock)[7].path
    changed.write_bytes(changed.read_bytes() + b"\0")
    kafka = EmbeddedKafka(tmp_path / "kafka", cache=cache)

    with pytest.raises(LoketError, match=r"is not the .* that was locked .* Java was not started: delete that file") as refusal:
        kafka.start()

    assert str(changed) in str(refusal.value)
    assert kafka.pid is None
    assert not (tmp_path / "kafka").exists()


@pytest.mark.usefixtures("no_network")
def test_jars_that_cannot_be_fetched_leave_nothing_half_there(tmp_path: Path) -> None:
    with pytest.raises(LoketError, match=r"45 jars of kafka could not be fetched .* check the network"):
        jar_files(KAFKA, tmp_path)

    assert list((tmp_path / "jars").rglob("*")) == []


def test_a_network_that_is_away_for_a_moment_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jspecify = next(jar for jar in read_lock(KAFKA.lock) if jar.artifact == "jspecify")
    here, asked = jar_files(KAFKA, locked=[jspecify])[0], []

    def at_the_second_try(_maven: object, jar: Jar) -> Path:
        asked.append(jar)
        if len(asked) == 1:
            raise requests.ConnectionError
        return Path(shutil.copyfile(here, tmp_path / "arrived.jar"))

    monkeypatch.setattr(jars, "PAUSES", (0.0,))
    monkeypatch.setattr(jars, "_ask", at_the_second_try)

    assert jar_files(KAFKA, tmp_path, [jspecify]) == [tmp_path / "jars" / jspecify.path]
    assert asked == [jspecify, jspecify]


def test_a_jar_that_arrives_with_another_hash_is_not_kept(tmp_path: Path) -> None:
    jspecify = next(jar for jar in read_lock(KAFKA.lock) if jar.artifact == "jspecify")
    wrong = Jar(jspecify.group, jspecify.artifact, jspecify.version, "0" * 64)

    with pytest.raises(LoketError, match=r"jspecify:1\.0\.0 that was locked"):
        jar_files(KAFKA, tmp_path, [wrong])

    assert not (tmp_path / "jars" / jspecify.path).exists()
    assert jar_files(KAFKA, tmp_path, [jspecify]) == [tmp_path / "jars" / jspecify.path]


@pytest.mark.parametrize("bundle", [KAFKA, MONGO])
def test_the_locks_name_each_jar_once_and_hold_what_was_asked_for(bundle: jars.Bundle) -> None:
    locked = read_lock(bundle.lock)
    names = [f"{jar.group}:{jar.artifact}" for jar in locked]

    assert len(set(names)) == len(names)
    assert all(len(jar.sha256) == 64 for jar in locked)
    assert set(bundle.endpoint.split("+")) <= {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in locked}
