"""The signature's way in: every way of forging that we know is refused alike, and nothing of it is stored."""

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta

import pytest

from .bench import KEY, NOW, STRUCTURED, event, signed

GONE = None
AT = str(int(NOW.timestamp()))
OTHER = b"another secret of thirty-two byt"


def mac(text: bytes, key: bytes = KEY, name: str = "sha256") -> str:
    return "v1," + b64encode(hmac.digest(key, text, name)).decode()


def over(body: bytes) -> bytes:
    """What is rightly signed."""
    return f"1.{AT}.".encode() + body


def wrong_signatures(body: bytes) -> dict[str, str]:
    return wrongly_written(body) | wrongly_made(body)


def wrongly_written(body: bytes) -> dict[str, str]:
    """The right one, or none, in another form."""
    right = mac(over(body))
    digest = hmac.digest(KEY, over(body), hashlib.sha256)
    return {
        "empty": "",
        "a version alone": "v1,",
        "no version": right[3:],
        "version 2": "v2" + right[2:],
        "version 1a": "v1a" + right[2:],
        "version in capitals": "V1" + right[2:],
        "version 01": "v01" + right[2:],
        "an equals sign for the comma": right.replace(",", "=", 1),
        "a blank after the comma": right.replace(",", ", ", 1),
        "two joined by a comma": f"{right},{right}",
        "two joined by a semicolon": f"{right};{right}",
        "in quotes": f'"{right}"',
        "without the last sign": right[:-1],
        "half of it": right[:20],
        "more than it": right + "AAAA",
        "in capitals": "v1," + right[3:].upper(),
        "in hexadecimal": "v1," + digest.hex(),
        "in base64 for addresses": "v1," + urlsafe_b64encode(b"\xfb\xff" * 16).decode(),
        "zeros": "v1," + b64encode(bytes(32)).decode(),
        "not ASCII": "v1,é",
        "no base64": "v1,****",
        "right, but the ninth": " ".join(["v1,AAAA"] * 8 + [right]),
    }


def wrongly_made(body: bytes) -> dict[str, str]:
    """By another function, with another secret, of another text."""
    return {
        "SHA-1": mac(over(body), name="sha1"),
        "SHA-512": mac(over(body), name="sha512"),
        "a hash without a secret": "v1," + b64encode(hashlib.sha256(over(body)).digest()).decode(),
        "the secret in front, hashed": "v1," + b64encode(hashlib.sha256(KEY + over(body)).digest()).decode(),
        "an empty secret": mac(over(body), b""),
        "another secret": mac(over(body), OTHER),
        "the secret in base64": mac(over(body), b64encode(KEY)),
        "the secret with its prefix": mac(over(body), b"whsec_" + b64encode(KEY)),
        "the secret of nobody": mac(over(body), bytes(32)),
        "the body alone": mac(body),
        "the body and the time": mac(f"{AT}.".encode() + body),
        "the body and the id": mac(b"1." + body),
        "time and id the other way round": mac(f"{AT}.1.".encode() + body),
        "other marks between": mac(f"1:{AT}:".encode() + body),
        "no marks between": mac(f"1{AT}".encode() + body),
        "the marks moved": mac(f"1.{AT[:3]}.{AT[3:]}.".encode() + body),
        "another id": mac(f"2.{AT}.".encode() + body),
        "another time": mac(f"1.{int(AT) + 1}.".encode() + body),
        "another body": mac(over(body + b" ")),
        "no body": mac(over(b"")),
        "the partner's name too": mac(b"shared-service-centre." + over(body)),
    }


def wrong_headers(body: bytes) -> dict[str, dict[str, str | None]]:
    def at(timestamp: str, **more: str) -> dict[str, str | None]:
        return {"webhook-timestamp": timestamp, "webhook-signature": mac(f"1.{timestamp}.".encode() + body), **more}

    def id_of(id_: str) -> dict[str, str | None]:
        return {"webhook-id": id_, "webhook-signature": mac(f"{id_}.{AT}.".encode() + body)}

    moments = {seconds: str(int((NOW + timedelta(seconds=seconds)).timestamp())) for seconds in (-301, 301, -86_400, 86_400)}
    return {
        "no signature": {"webhook-signature": GONE},
        "no id": {"webhook-id": GONE},
        "no time": {"webhook-timestamp": GONE},
        "no partner": {"loket-partner": GONE},
        "an empty id": id_of(""),
        "an id that is too long": id_of("x" * 129),
        "an id that is not ASCII": {"webhook-id": "é"},
        "another partner": {"loket-partner": "engineering-sponsor"},
        "an unknown partner": {"loket-partner": "nobody"},
        "an empty partner": {"loket-partner": ""},
        "the partner in capitals": {"loket-partner": "SHARED-SERVICE-CENTRE"},
        "a partner that is a path": {"loket-partner": "../partners/shared-service-centre"},
        "a partner and a blank": {"loket-partner": "shared-service-centre university"},
        **{f"{seconds} seconds away": at(moment) for seconds, moment in moments.items()},
        "the beginning of time": at("0"),
        "milliseconds": at(AT + "000"),
        "a fraction": at(AT + ".0"),
        "an exponent": at("1e9"),
        "a sign": at("+" + AT),
        "a minus": at("-" + AT),
        "an underscore": at(AT[:3] + "_" + AT[3:]),
        "a date": at("2026-11-23T09:00:00Z"),
        "no number": at("now"),
        "a time without end": at("9" * 400),
        "infinity": at("inf"),
    }


def test_there_are_more_than_sixty_ways_to_forge():
    body = b'{"specversion":"1.0"}'

    assert len(wrong_signatures(body)) + len(wrong_headers(body)) > 60


async def refused(desk, body, changes, wrong):
    headers = {**STRUCTURED, **signed(body, "1"), **changes}
    answer = await desk.client.post(
        "/v1/events",
        content=body,
        headers=[(name.encode(), value.encode()) for name, value in headers.items() if value is not GONE],
    )
    assert answer.status_code == 401, wrong
    assert answer.json()["detail"].startswith("The signature is "), wrong
    assert desk.service.told == [], wrong


async def test_a_forged_signature_is_refused_and_nothing_is_stored(desk, fast_track):
    body = json.dumps(event(fast_track())).encode()

    for wrong, signature in wrong_signatures(body).items():
        await refused(desk, body, {"webhook-signature": signature}, wrong)


async def test_what_is_signed_for_another_or_for_another_time_is_refused_and_nothing_is_stored(desk, fast_track):
    body = json.dumps(event(fast_track())).encode()

    for wrong, headers in wrong_headers(body).items():
        await refused(desk, body, headers, wrong)


@pytest.mark.parametrize("change", [lambda body: body + b" ", lambda body: body[:-1], lambda body: body.replace(b"GM0935", b"GM0928", 1)])
async def test_a_body_that_was_changed_on_the_way_is_refused(desk, fast_track, change):
    body = json.dumps(event(fast_track())).encode()
    headers = {**STRUCTURED, **signed(body, "1")}

    assert (await desk.client.post("/v1/events", content=change(body), headers=headers)).status_code == 401
    assert (await desk.client.post("/v1/events", content=body, headers=headers)).status_code == 202


def test_signatures_are_compared_in_constant_time_and_all_of_them(monkeypatch, gate, fast_track, secrets, time):
    compared = []

    def comparing(given, right):
        compared.append((given, right))
        return given == right

    monkeypatch.setattr("intake.gateway.signature.hmac.compare_digest", comparing)
    body = json.dumps(event(fast_track())).encode()
    right = mac(over(body))
    headers = {**STRUCTURED, **signed(body, "1"), "webhook-signature": f"{right} v1,AAAA v1,BBBB"}

    gate.admit(headers, body)

    assert len(compared) == 3
