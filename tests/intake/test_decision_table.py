"""Decision tables, apart from what any region puts in them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from intake.domain.decision_table import DecisionTable, Row

WORDS = {"yes": {"en": "Yes."}, "no": {"en": "No."}}
DAY = date(2026, 11, 23)


def row(rule: str, reason: str = "yes", **changes):
    return {"rule": rule, "valid_from": "2020-01-01", "route": "desk", "outcome": "accepted", "reasons": [reason], **changes}


def table(*rows) -> DecisionTable:
    return DecisionTable.model_validate(
        {"version": "t.1", "reasons": WORDS, "rows": [*rows, row("otherwise", "no", outcome="rejected", route="refuse")]}
    )


def test_the_first_row_that_fits_decides():
    decided = table(row("first", when={"a": ["1"]}), row("second", when={"a": ["1", "2"]})).decide({"a": "1"}, DAY)

    assert decided.rule == "first"


def test_every_condition_of_a_row_must_fit():
    decided = table(row("both", when={"a": ["1"], "b": ["1"]})).decide({"a": "1", "b": "2"}, DAY)

    assert decided.rule == "otherwise"


@pytest.mark.parametrize(("day", "rule"), [(date(2021, 12, 31), "old"), (date(2022, 1, 1), "new")])
def test_a_row_decides_on_its_days_only(day, rule):
    dated = table(row("old", valid_to="2021-12-31"), row("new", valid_from="2022-01-01"))

    assert dated.decide({}, day).rule == rule


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row("only", when={"a": ["1"]})], "last row"),
        ([row("only", valid_to="2030-01-01")], "last row"),
        ([row("only", reason="unsaid")], "no words"),
        ([row("only", outcome="referred")], "refer_to"),
        ([row("only", valid_from="2020-01-02", valid_to="2020-01-01")], "valid_to"),
    ],
)
def test_a_table_that_cannot_always_decide_or_explain_is_refused(rows, said):
    with pytest.raises(ValidationError, match=said):
        DecisionTable.model_validate({"version": "t.1", "reasons": WORDS, "rows": rows})


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.lists(st.sampled_from("123"), min_size=1), max_size=3), max_size=6), st.data())
def test_what_decides_is_the_first_row_that_fits_whatever_the_table(conditions, data):
    facts = {fact: data.draw(st.sampled_from("123")) for fact in "abc"}
    rows = [row(f"r{place}", when=when) for place, when in enumerate(conditions)]

    decided = table(*rows).decide(facts, DAY)

    fitting = [Row.model_validate(one).rule for one in rows if all(facts[fact] in values for fact, values in one["when"].items())]
    assert decided.rule == (fitting or ["otherwise"])[0]
