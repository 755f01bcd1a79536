"""JSON that the gateway takes, and JSON that it does not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.gateway.json_strictly import NotStrict, parse, parse_items, text_of

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_plain_json_comes_through_unchanged(value, ascii_only):
    assert parse(text_of(json.dumps(value, ensure_ascii=ascii_only).encode())) == value


@given(st.lists(VALUES, min_size=1, max_size=5), st.sampled_from(["", " ", "\n\t"]))
def test_the_items_of_a_batch_come_with_their_own_text(values, blank):
    texts = [json.dumps(value) for value in values]

    items = parse_items(f"{blank}[{blank}{(blank + ',' + blank).join(texts)}{blank}]{blank}", 5)

    assert items == list(zip(texts, values, strict=True))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nul", b"{}{}", b"[1,]", b'{"a":1,}', b"'a'", b"{a:1}", b"01", b"// c\n1", b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"), b'"\xff"', b'"\xed\xa0\x80"',
        b'{"a":1,"a":2}', b'{"x":[{"a":1,"a":1}]}', b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b"-1e999", b"9007199254740993",
        b"-9007199254740993",
        b"1" * 5000, b'"\\u0000"', b'"\x00"', b'"\\ud800"', b'"\\udc00x"', b'{"\\ud800":1}', b'"a\nb"', b"[" * 33 + b"]" * 33,
        b"[" * 100_000, b'{"a":' * 33 + b"1" + b"}" * 33,
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_refused(body):
    with pytest.raises(NotStrict):
        parse(text_of(body))


@pytest.mark.parametrize(
    "body",
    [
        b"9007199254740992",
        b'"\\ud83d\\ude00"',
        b'"\\\\u0000"',
        b"[" * 32 + b"]" * 32,
        b'"' + b"[" * 100 + b'"',
        b'["' + b'\\"[' * 50 + b'"]',
        b" \r\n{} ",
    ],
)
def test_what_only_looks_wrong_is_taken(body):
    assert parse(text_of(body)) == json.loads(body)


def test_an_event_has_a_thousand_keys_at_most():
    at_most = json.dumps({str(number): 0 for number in range(1000)})

    assert parse_items(f"[{at_most},{at_most}]", 2)
    with pytest.raises(NotStrict):
        parse(json.dumps({str(number): 0 for number in range(1001)}))


@pytest.mark.parametrize("text", ["{}", "[]", "[1 2]", "[1,]", "[,]", "[1]x", "[", "[1", "[1,2,3]"])
def test_what_is_no_batch_is_refused(text):
    with pytest.raises(NotStrict):
        parse_items(text, 2)
