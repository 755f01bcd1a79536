"""Budgets and names of the house, held by a tool: short files, short functions, an opening sentence, no word that says nothing."""

import ast
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("libs", "services") for path in (ROOT / folder).glob("*/src/**/*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BANNED = re.compile(r"(^|_)(utils?|helpers?|misc|manager|base_service)(_|$)|^(data|info|process)$")
FILE_LINES, FUNCTION_LINES = 250, 40
MEDIAN, P90 = 8, 20
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> list[tuple[str, int]]:
    """Every function of the sources with its length in lines."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                name = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                found += [(name, (node.end_lineno or 0) - node.lineno + 1)]
    return found


def test_there_are_sources_to_look_at() -> None:
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_opens_with_a_sentence_and_has_a_name_that_says_something(path: Path) -> None:
    text = path.read_text()
    opening = ast.get_docstring(ast.parse(text))

    assert text.count("\n") <= FILE_LINES
    assert opening is not None
    assert not BANNED.search(path.stem)


def test_tests_are_short_files_too() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in TESTS}

    assert len(lengths) > 100
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_long() -> None:
    assert [(name, lines) for name, lines in functions() if lines > FUNCTION_LINES] == []


def test_most_functions_are_far_shorter() -> None:
    lengths = sorted(lines for _, lines in functions())

    assert statistics.median(lengths) <= MEDIAN
    assert lengths[int(len(lengths) * 0.9)] <= P90


def test_no_handler_is_called_by_what_it_handles() -> None:
    handlers = [name for name, _ in functions() if "/handlers" in name]

    assert len(handlers) > 30
    assert [name for name in handlers if name.split()[-1].startswith("handle_")] == []


@pytest.mark.parametrize("service", ["intake", "scheduling", "notifications", "reporting"])
def test_every_service_has_the_same_names(service: str) -> None:
    folder = ROOT / "services" / service / "src" / service
    present = {path.stem for path in folder.iterdir()}

    assert {"app", "__main__", "settings", "domain", "ports", "handlers", "store", "api"} <= present


def test_no_place_product_or_partner_is_named_in_code() -> None:
    """Another region is another folder; what is coded here are the words of the field, not of this region."""
    places = re.compile(r"maastricht|heerlen|sittard|kerkrade|aachen|mosae|limburg|\becmr\b|shared-service-centre", re.IGNORECASE)
    named = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in SOURCES
        for line in path.read_text().splitlines()
        if places.search(line) and not line.strip().startswith(("#", '"""')) and "south-limburg" not in line
    ]

    assert named == []
