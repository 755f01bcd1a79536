"""Bodies that somebody with bad intentions, or a broken program, would send; each by a name, with its media type."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

from fuzz.gate import CASE, KINDS, RIGHT, event

STRUCTURED, BATCH, BINARY = KINDS
Hostile = tuple[str, dict[str, str], bytes]
PARTNER, SOURCE, TYPE, _ = RIGHT[0]
MARK = "canary-9c41"
"""Stands in whatever can hold a text; no answer may repeat it."""
ATTRIBUTES: dict[str, tuple[Any, ...]] = {
    "specversion": (None, "0.3", "2.0", 1, 1.0, ["1.0"], "1.0 ", "1.0\n", MARK),
    "id": (None, "", 7, "x" * 129, "a b", "a\u0000b", "é", "a\r\nx-evil: 1", ["1"], {"$ne": None}),
    "source": (None, "", 7, "x" * 257, [], {"$gt": ""}),
    "type": (None, "", "x" * 129, 0, {"type": TYPE}, f"{TYPE}.evil"),
    "time": ("yesterday", "2026-11-23T09:00:00", "2026-13-23T09:00:00Z", 1732352400, "9" * 300, None, "2026-11-23T25:00:00Z"),
    "datacontenttype": ("text/xml", "application/json; charset=utf-7", 1, "application/x-python-pickle"),
    "subject": ("x" * 257, {}, 1.5, []),
    "dataschema": ("x" * 257, ["file:///etc/passwd"], 2.5),
    "data_base64": ("e30=", "!!!", 1),
    "data": (None, [], "{}", 7, True, json.dumps(CASE), [CASE]),
    "Upper": ("x",), "with-dash": ("x",), "": ("x",), "é": ("x",), "x" * 21: ("x",), "nested": ({"a": MARK}, [MARK], "x" * 257, 1.5,
    None),
    "__proto__": ({"admin": True}, "x"), "$where": ("sleep(1)",),
}  # fmt: skip
FIELDS: dict[str, tuple[Any, ...]] = {
    "caseType": (None, "", MARK, 1, ["brp_first_registration"], {"$regex": ".*"}, "brp_first_registration\u0000",
    "BRP_FIRST_REGISTRATION"),
    "purpose": (None, MARK, 3, "../../etc/passwd", "${jndi:ldap://127.0.0.1/a}", "{{7*7}}", "' or '1'='1", "eu_work; drop table cases"),
    "municipalityCode": (None, "GM9999", "0935", 935, "GM0935 ", "\uff27\uff2d0935", "GM0935\n", MARK),
    "language": (None, "xx", "NL", "nl-NL", 1, "en\u202e", MARK),
    "channel": (None, MARK, "<script>alert(1)</script>", "by carrier pigeon", 0),
    "initiatorRole": (None, "admin", True, MARK),
    "stayMonths": (-1, 1201, 1.5, "24", True, 1e308, 2**53, [24], MARK),
    "arrivesOn": ("2026-02-30", "2026-13-01", "01-12-2026", 20261201, "2026-12-01T00:00:00Z", MARK),
    "notBefore": ("tomorrow", "0000-00-00", {}, MARK),
    "journeyId": ("1", 1, "00000000-0000-0000-0000-00000000000g", MARK),
    "organisationId": ("x" * 300, 5, ["university"], MARK),
    "contact": (
        None, [], MARK, {}, {"name": "A"}, {"email": "a@example.org"}, {"name": "", "email": "a@example.org"}, {"name": "A",
        "email": "a"},
        {"name": "A", "email": "a@example.org\r\nBcc: b@example.org"}, {"name": "A", "email": "@"}, {"name": "A",
        "email": f"{'a' * 400}@example.org"},
        {"name": "A\r\nSubject: x", "email": "a@example.org"}, {"name": "A\u0000", "email": "a@example.org"}, {"name": 1, "email": 2},
        {"name": "A", "email": "a@example.org", "bsn": "1"}, {"name": "x" * 5000, "email": "a@example.org"},
    ),
    "persons": (
        None, [], {}, MARK, [None], [[]], [{}], [{**CASE["persons"][0], "number": 0}], [{**CASE["persons"][0], "number": -1}],
        [{**CASE["persons"][0], "number": "1"}], [{**CASE["persons"][0], "number": 1.0}], [CASE["persons"][0]] * 2,
        [CASE["persons"][0]] * 51,
        [{**CASE["persons"][0], "documents": ["passport"] * 21}], [{**CASE["persons"][0], "documents": MARK}], [{**CASE["persons"][0],
        "shoeSize": 43}],
    ),
    "formalities": (
        None, [], MARK, [{}], [{"product": {}, "persons": [1]}], [{"product": ["x"], "persons": [1]}],
        [{"product": "brp_first_registration", "persons": [{}]}], [{"product": MARK, "persons": [1]}],
        [{"product": "brp_first_registration", "persons": []}],
        [{"product": "brp_first_registration", "persons": [2]}], [{"product": "brp_first_registration", "persons": [1] * 51}],
        [{"product": "return_visa", "persons": [1]}], [CASE["formalities"][0]] * 21, [{"product": "brp_first_registration",
        "persons": ["1"]}],
    ),
    "bsn": ("111222333",), "__class__": ("x",), "admin": (True,), MARK: (1,), "constructor": ({"prototype": {}},), "": (1,),
}  # fmt: skip
BROKEN = (
    b"", b" ", b"\n", b"nul", b"undefined", b"True", b"{", b"}", b"{}{}", b"[1,]", b'{"a":1,}', b"{'a':1}", b"{a:1}", b"// x\n{}",
    b"/* */{}", b"01",
    b"+1", b".5", b"1.", b"1e", b"0x10", b"1_000", b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b'{"a":NaN}', b'"\\x41"', b'"\\u12"',
    b'"a\nb"',
    b'"\x00"', b'"\\u0000"', b'"\\ud800"', b'"\\udc00\\ud800"', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\xc0\x80", b'"\xe0\x80\x80"',
    b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xff"', b'"\xc3"', b"\x1e{}", b"{}\n{}", b"[" * 33 + b"]" * 33, b"[" * 20_000,
    b'{"a":' * 5000,
    b"9" * 5000, b'{"a":1,"a":2}', b'{"specversion":"1.0","specversion":"1.0"}', b'{"\\u0061":1,"a":2}', b"\x80\x04\x95",
    b"\xa1\x61\x61\x01",
    b"--- !!python/object/apply:os.system [id]", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00", b"%7B%7D", b"a=1&b=2", b'{"a":"' + b"x" * 70_000 + b'"}',
    b'"' + b"\\u0041" * 4000 + b'"',
)  # fmt: skip
BSNS = ("111222333", "111.222.333", "111-222-333", "111 222 333", "1112.22.333", "BSN111222333x")


def hostile() -> Iterator[Hostile]:
    """All of them."""
    yield from _broken()
    yield from _attributes()
    yield from _fields()
    yield from _numbers()
    yield from _transport()


def right(**changes: Any) -> dict[str, Any]:
    """An event that would be taken but for the changes."""
    return {**event(SOURCE, TYPE, CASE), **changes}


def _body(value: Any) -> bytes:
    return json.dumps(value).encode()


def _broken() -> Iterator[Hostile]:
    for number, body in enumerate(BROKEN):
        yield f"broken {number} {body[:12]!r}", {"content-type": STRUCTURED}, body


def _attributes() -> Iterator[Hostile]:
    for name, values in ATTRIBUTES.items():
        for value in values:
            yield f"attribute {name[:12]} {str(value)[:20]!r}", {"content-type": STRUCTURED}, _body(right(**{name: value}))
    for name in ("specversion", "id", "source", "type", "data"):
        without = {key: value for key, value in right().items() if key != name}
        yield f"without {name}", {"content-type": STRUCTURED}, _body(without)


def _fields() -> Iterator[Hostile]:
    for name, values in FIELDS.items():
        for value in values:
            if value is None and name == "stayMonths":
                continue
            yield f"field {name[:12]} {str(value)[:24]!r}", {"content-type": STRUCTURED}, _body(right(data={**CASE, name: value}))


def _numbers() -> Iterator[Hostile]:
    for bsn in BSNS:
        contact = {**CASE["contact"], "name": f"A {bsn}"}
        yield f"bsn {bsn!r} in a name", {"content-type": STRUCTURED}, _body(right(data={**CASE, "contact": contact}))
        yield f"bsn {bsn!r} in an attribute", {"content-type": STRUCTURED}, _body(right(note=bsn))
        escaped = _body(right(note=bsn)).replace(b"111", b"\\u0031\\u0031\\u0031")
        yield f"bsn {bsn!r} in escapes", {"content-type": STRUCTURED}, escaped
        yield f"bsn {bsn!r} as a key", {"content-type": STRUCTURED}, _body(right(data={**CASE, bsn: 1}))


def _transport() -> Iterator[Hostile]:
    body = _body(right())
    for kind in ("", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
    "application/cbor",
                 f"{STRUCTURED}; charset=latin-1", f"{STRUCTURED}; charset=utf-7", "*/*", "application/json/../../x",
                 "x" * 5000):  # fmt: skip
        yield f"media type {kind[:20]!r}", {"content-type": kind}, body
    for coding, packed in (
        ("gzip", gzip.compress(body)),
        ("deflate", zlib.compress(body)),
        ("br", body),
        ("gzip, gzip", body),
        ("identity, gzip", body),
    ):
        yield f"coding {coding}", {"content-type": STRUCTURED, "content-encoding": coding}, packed
    crowd = {**CASE, "persons": [0] * 60_000, "formalities": [{"product": "brp_first_registration", "persons": [2] * 60_000}]}
    yield "a crowd", {"content-type": STRUCTURED}, json.dumps(right(data=crowd), separators=(",", ":")).encode()
    yield "a bomb", {"content-type": STRUCTURED, "content-encoding": "gzip"}, gzip.compress(b"0" * 10_000_000)
    yield "packed and not said", {"content-type": STRUCTURED}, gzip.compress(body)
    yield "too large", {"content-type": STRUCTURED}, body + b" " * 262_145
    yield (
        "too large a name",
        {"content-type": STRUCTURED},
        _body(right(data={**CASE, "contact": {"name": "x" * 262_145, "email": "a@example.org"}})),
    )
    for name, batch in (("empty", []), ("object", right()), ("of 101", [right(id=str(n)) for n in range(101)]), ("of lists", [[right()]]),
                        ("of nothing", [None]), ("with a wrong one", [right(), right(id="2", specversion="9")]), ("same id twice",
                        [right(), right(subject="x")]),
                        ("of texts", [MARK] * 3), ("of many nothings", [0] * 50_000)):  # fmt: skip
        yield f"batch {name}", {"content-type": BATCH}, _body(batch)
    plain = {f"ce-{key}": str(value) for key, value in right().items() if key != "data"}
    for name, value in (("ce-id", "a%00b"), ("ce-id", "%zz\x7f"), ("ce-id", ""), ("ce-source", "%0d%0aevil"), ("ce-specversion",
    "%31.1"), ("ce-Evil", "x" * 300),
                        ("ce-", "x"), ("ce-type", "\xe9"), ("ce-time", "now"), ("ce-x", "111222333"), ("ce-data_base64",
                        "e30=")):  # fmt: skip
        yield f"binary {name} {value[:12]!r}", {"content-type": BINARY, **plain, name: value}, _body(CASE)
    yield "binary without attributes", {"content-type": BINARY}, _body(CASE)
    yield "binary with an event inside", {"content-type": BINARY, **plain}, body
