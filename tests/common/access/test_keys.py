"""The issuer's keys: rotated without a restart, looked up no more often than is decent, believed for a day when the issuer is away."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from chassis import NOW
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from forged import Forger

from common.access.issuing import AUDIENCE, ISSUER, new_key, public_keys
from common.access.keys import AGAIN, KEPT, Keys, fetch, keys_at, read_keys
from common.access.tokens import Tokens, Unknown
from common.errors import Unavailable
from common.testing.stage import StoppedClock

OLD, NEW = new_key(), new_key()


class Listing:
    """Stands in for the issuer's list of keys, its clock and the log."""

    def __init__(self, *pems: str) -> None:
        self.pems, self.looks, self.away, self.now, self.warned = pems, 0, False, 0.0, 0

    async def load(self) -> bytes:
        self.looks += 1
        await asyncio.sleep(0)
        if self.away:
            raise OSError("no route")
        return public_keys(*self.pems).encode()

    def warning(self, event: str, **keys: Any) -> None:
        self.warned += 1

    def keys(self, fresh: float = 600) -> Keys:
        return Keys(self.load, fresh, self, lambda: self.now)


def tokens(keys: Keys) -> Tokens:
    return Tokens(keys, ISSUER, [AUDIENCE], StoppedClock(NOW))


def token(pem: str) -> str:
    return Forger(pem, NOW, "lanes:read").right()


async def known(keys: Keys, pem: str) -> bool:
    try:
        return (await tokens(keys).caller(token(pem))).subject == "x"
    except Unknown:
        return False


async def test_while_both_keys_are_listed_both_are_good_and_then_the_new_one_alone() -> None:
    listing = Listing(OLD)
    keys = listing.keys()
    assert (await known(keys, OLD), await known(keys, NEW)) == (True, False)

    listing.pems, listing.now = (NEW, OLD), AGAIN
    assert (await known(keys, NEW), await known(keys, OLD)) == (True, True)

    listing.pems, listing.now = (NEW,), AGAIN + 600
    assert (await known(keys, OLD), await known(keys, NEW)) == (False, True)


async def test_keys_that_are_not_there_make_it_look_once_a_minute_and_no_more() -> None:
    listing = Listing(OLD)
    keys = listing.keys()
    for _ in range(50):
        assert not await known(keys, new_key())
    assert listing.looks == 1

    listing.now = AGAIN
    assert not any([await known(keys, new_key()) for _ in range(50)])
    assert listing.looks == 2


async def test_many_who_ask_at_once_make_one_look() -> None:
    listing = Listing(OLD)
    keys = listing.keys()

    assert all(await asyncio.gather(*(known(keys, OLD) for _ in range(100))))
    assert listing.looks == 1


async def test_keys_are_believed_for_a_day_while_the_issuer_is_away_and_no_longer() -> None:
    listing = Listing(OLD)
    keys = listing.keys()
    assert await known(keys, OLD)
    listing.away, listing.now = True, KEPT
    assert await known(keys, OLD)
    assert listing.warned == 1

    listing.now = KEPT + 1
    with pytest.raises(Unavailable):
        await known(keys, OLD)


async def test_an_issuer_that_comes_back_is_heard_within_seconds() -> None:
    listing = Listing(OLD)
    listing.away, keys = True, listing.keys()
    with pytest.raises(Unavailable):
        await known(keys, OLD)
    listing.away, listing.now = False, 5.0

    assert await known(keys, OLD)


async def test_a_file_of_keys_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(public_keys(OLD))
    listing = Listing()
    keys = keys_at(str(file), listing, lambda: listing.now)
    assert await known(keys, OLD)

    file.write_text(public_keys(OLD, NEW))
    listing.now = 10

    assert await known(keys, NEW)


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        (httpx.Response(200, text=public_keys(OLD)), True),
        (httpx.Response(301, headers={"location": "https://evil.example/jwks"}), False),
        (httpx.Response(500), False),
        (httpx.Response(200, text=" " * 300_000 + public_keys(OLD)), False),
    ],
)
async def test_over_https_only_a_plain_answer_of_decent_size_is_taken(answer: httpx.Response, taken: bool) -> None:
    transport = httpx.MockTransport(lambda request: answer if request.url.host == "issuer.example" else httpx.Response(200, text="{}"))
    if taken:
        assert read_keys(await fetch("https://issuer.example/jwks", transport))
    else:
        with pytest.raises(ValueError, match="The issuer"):
            await fetch("https://issuer.example/jwks", transport)


def row(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """A public key of another kind, as a row of a set."""
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key, as_dict=True), "kid": kid, **more}


def test_a_key_is_for_one_algorithm_and_weak_or_shared_ones_are_for_none() -> None:
    strong, weak = rsa.generate_private_key(65537, 2048).public_key(), rsa.generate_private_key(65537, 1024).public_key()
    curve, other = ec.generate_private_key(ec.SECP256R1()).public_key(), ec.generate_private_key(ec.SECP384R1()).public_key()
    rows = [
        row(strong, "rs"),
        row(strong, "ps", alg="PS256"),
        row(curve, "es"),
        row(strong, "said to be for secrets", alg="HS256"),
        row(strong, "for encryption", use="enc"),
        row(strong, "not for this", key_ops=["encrypt"]),
        row(strong, "old", alg="RS1"),
        row(curve, "mixed up", alg="RS256"),
        row(weak, "weak"),
        row(other, "another curve"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
    ]
    for one in rows:
        one.pop("key_ops", None) if one["kid"] != "not for this" else None

    found = read_keys(json.dumps({"keys": rows}).encode())

    assert {kid: key.algorithm for kid, key in found.items()} == {"rs": "RS256", "ps": "PS256", "es": "ES256"}


@pytest.mark.parametrize(("listed", "signed", "taken"), [("RS256", "RS256", True), ("PS256", "PS256", True), ("RS256", "PS256", False)])
async def test_a_key_is_used_for_the_algorithm_that_it_is_listed_for(listed: str, signed: str, taken: bool) -> None:
    private = rsa.generate_private_key(65537, 2048)
    one = {key: value for key, value in row(private.public_key(), "rsa", alg=listed).items() if key != "key_ops"}

    async def load() -> bytes:
        return json.dumps({"keys": [one]}).encode()

    claims = Forger(OLD, NOW, "lanes:read").claims
    borne = jwt.encode(claims, private, signed, {"kid": "rsa", "typ": "at+jwt"})
    if taken:
        assert (await tokens(Keys(load, 600, None)).caller(borne)).subject == "x"
    else:
        with pytest.raises(Unknown):
            await tokens(Keys(load, 600, None)).caller(borne)


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": 7}', b'{"keys": [7]}', b"[" * 100_000, b"\xff"])
def test_what_is_no_set_of_keys_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the parser says
        read_keys(document)


def test_a_set_that_holds_a_private_key_is_refused_as_a_whole() -> None:
    document = json.loads(public_keys(OLD))
    document["keys"][0]["d"] = "c2VjcmV0"

    with pytest.raises(ValueError, match="private"):
        read_keys(json.dumps(document).encode())
