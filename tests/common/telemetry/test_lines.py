"""What is logged: allow-listed lines, nothing personal."""

import json
import logging
import os

import pytest

from common.telemetry import LibraryLines, logger


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    read = json.loads(capsys.readouterr().out)
    assert isinstance(read, dict)
    return read


def test_a_line_is_json_with_service_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    logger("intake", "info").info("batch settled", records=3, topic="case.created")

    read = line(capsys)
    assert (read["service"], read["level"], read["event"], read["records"]) == ("intake", "info", "batch settled", 3)
    assert str(read["timestamp"]).endswith("Z")


def test_a_key_that_is_not_on_the_list_is_dropped_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    logger("intake", "info").info("x", email="canary@example.org", name="canary", topic="t")

    read = line(capsys)
    assert read["dropped"] == ["email", "name"]
    assert "canary" not in json.dumps(read)


def test_of_an_exception_its_class_and_place_are_logged_and_never_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        {}["canary"]
    except KeyError as error:
        logger("intake", "info").error("lane parked", error=error, exc_info=error, stack_info=True)

    read = line(capsys)
    assert read["error"] == "KeyError"
    assert str(read["at"]).startswith("test_lines.py:")
    assert "canary" not in json.dumps(read)


def test_below_its_level_nothing_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logger("intake", "warning").info("x")

    assert capsys.readouterr().out == ""


def test_a_librarys_warning_leaves_as_our_line_without_the_values_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("some.library")
    handler = LibraryLines(logger("toy", "info"))
    library.addHandler(handler)
    try:
        raise ValueError("canary")
    except ValueError:
        library.exception("Cannot reach %s", "canary")
    finally:
        library.removeHandler(handler)

    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["reason"], line["error"]) == ("library", "Cannot reach %s", "ValueError")
    assert "canary" not in str(line)


def test_a_line_of_kafkas_client_names_broker_and_class_and_no_other_value(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("aiokafka.test")
    handler = LibraryLines(logger("toy", "info"))
    library.addHandler(handler)
    try:
        library.warning("Unable connect to node with id %s: %s %s by %s", 3, ConnectionError("canary"), "kafka-1.example:9092", "Jan")
    finally:
        library.removeHandler(handler)

    read = line(capsys)
    assert read["reason"] == "Unable connect to node with id 3: ConnectionError kafka-1.example:9092 by %s"
    assert read["version"]
    assert str(read["replica"]).endswith(f"/{os.getpid()}")
