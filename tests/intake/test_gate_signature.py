"""The gate: signatures and pace."""

import json
from base64 import b64encode
from datetime import timedelta
from itertools import count
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from intake.domain.region import Rate
from intake.gateway.admission import Gate
from intake.gateway.limits import Bucket, Pace
from intake.gateway.refusal import Refused
from intake.gateway.signature import Authentication, KeyFiles

from .bench import BATCH, KEY, NOW, STRUCTURED, Time, admit, event, pointers, refusal, signed


def test_signatures_made_by_the_library_are_taken(gate, fast_track):
    body = json.dumps(event(fast_track()))
    signature = Webhook("whsec_" + b64encode(KEY).decode()).sign("1", NOW, body)
    headers = {
        "loket-partner": "shared-service-centre",
        "webhook-id": "1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": signature,
    }

    assert gate.admit({**STRUCTURED, **headers}, body.encode()).commands


def test_a_partner_may_sign_with_each_of_its_live_secrets(gate, fast_track, secrets, time):
    new = b"another secret of thirty-two byt"
    body = json.dumps(event(fast_track(), partner="university")).encode()
    (secrets / "university").write_text(f"whsec_{b64encode(KEY).decode()}\nwhsec_{b64encode(new).decode()}\n")
    time.now += 11

    headers = signed(body, "1", "university", key=new)
    old = signed(body, "1", "university")["webhook-signature"]

    assert gate.admit({**STRUCTURED, **headers}, body).commands
    assert gate.admit({**STRUCTURED, **headers, "webhook-signature": f"v1a,x {old}"}, body).commands


@pytest.mark.parametrize("wrong", [b"whsec_not base64!", b"whsec_c2hvcnQ=", b"\xff\xfe", None])
def test_a_malformed_secret_shuts_out_its_partner_alone(region, clock, secrets, tmp_path, fast_track, wrong):
    folder, named, time = copytree(secrets, tmp_path / "partners"), [], Time()
    (folder / "university").unlink()
    (folder / "university").mkdir() if wrong is None else (folder / "university").write_bytes(wrong)
    keys = KeyFiles(folder, [partner.id for partner in region.partners], time, named.append)
    rate = Rate(per_second=10, burst=20)
    gate = Gate(
        region, Authentication(keys, clock, timedelta(seconds=300)), Pace({one.id: one for one in region.partners}, rate, time), clock, 9
    )

    for _ in range(2):
        assert refusal(gate, event(fast_track(), partner="university"), partner="university").status == 401
        assert admit(gate, event(fast_track())).commands
        time.now += 11

    assert named == ["university"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"webhook-signature": ""}, "signature"),
        ({"webhook-signature": "v1,AAAA"}, "signature"),
        ({"webhook-signature": "v1,é"}, "signature"),
        ({"webhook-id": "2"}, "signature"),
        ({"webhook-id": ""}, "signature"),
        ({"webhook-timestamp": "1"}, "signature"),
        ({"webhook-timestamp": ""}, "signature"),
        ({"loket-partner": "university"}, None),
        ({"loket-partner": "nobody"}, "signature"),
        ({"loket-partner": ""}, "signature"),
        ({"loket-partner": "engineering-sponsor"}, "signature"),
    ],
)
def test_whoever_is_not_known_by_a_signature_gets_401(gate, fast_track, change, reason):
    body = json.dumps(event(fast_track())).encode()

    with pytest.raises(Refused) as refused:
        gate.admit({**STRUCTURED, **signed(body, "1"), **change}, body)

    assert (refused.value.status, refused.value.reason) == ((401, reason) if reason else (403, "not_allowed"))


@pytest.mark.parametrize(("seconds", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_signature_is_good_for_five_minutes_each_way(gate, fast_track, seconds, taken):
    body = json.dumps(event(fast_track())).encode()
    headers = {**STRUCTURED, **signed(body, "1", at=NOW + timedelta(seconds=seconds))}

    if taken:
        assert gate.admit(headers, body)
    else:
        with pytest.raises(Refused) as refused:
            gate.admit(headers, body)
        assert (refused.value.status, refused.value.reason) == (401, "stale")


def test_the_id_of_a_single_event_is_the_one_that_was_signed(gate, fast_track):
    refused = refusal(gate, event(fast_track(), "2"), id_="1")

    assert (refused.status, pointers(refused)) == (400, ["/id"])


def test_a_partner_that_is_too_fast_is_told_how_long_to_wait(gate, fast_track, time):
    ids = count(1)
    for _ in range(20):
        admit(gate, event(fast_track(), str(next(ids))))

    refused = refusal(gate, event(fast_track(), "21"))
    assert (refused.status, refused.answer().headers["retry-after"]) == (429, "1")

    time.now += 0.2
    assert admit(gate, event(fast_track(), "21"))


def test_strangers_do_not_use_up_a_partners_tokens(gate, fast_track):
    body = json.dumps(event(fast_track())).encode()
    for _ in range(50):
        with pytest.raises(Refused, match="signature"):
            gate.admit({**STRUCTURED, **signed(body, "1", key=b"x" * 32)}, body)

    assert gate.admit({**STRUCTURED, **signed(body, "1")}, body)


def test_a_batch_counts_each_event(gate, fast_track, time):
    admit(gate, [event(fast_track(), str(number)) for number in range(40)], BATCH)

    refused = refusal(gate, event(fast_track(), "x"))
    assert refused.retry_after == pytest.approx(2.1)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=50))
def test_a_bucket_never_gives_more_than_rim_and_rate(waits):
    time, given_out = Time(), 0
    bucket = Bucket(Rate(per_second=2, burst=5), time)
    for wait, tokens in waits:
        time.now += wait
        if bucket.wait() == 0:
            bucket.take(tokens)
            given_out += tokens

    assert given_out <= 5 + 2 * time.now + 5
