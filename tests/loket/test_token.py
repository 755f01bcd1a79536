"""`loket token`: who gets what, signed with a key that is made once and seen by nobody."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from typer.testing import CliRunner, Result

from common.access.issuing import AUDIENCE, ISSUER
from common.access.keys import keys_at
from common.access.scopes import ROLES
from common.access.tokens import Tokens, Unknown
from common.clock import ShiftedClock
from loket.__main__ import app
from loket.story.staff import role_for
from loket.supervisor import StateFolder
from loket.tokens import Badges


def loket(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"LOKET_FOLDER": str(folder)})


def claims(folder: Path, *arguments: str) -> dict[str, Any]:
    printed = loket(folder, "token", *arguments)
    assert printed.exit_code == 0, printed.output
    return jwt.decode(printed.stdout.strip(), options={"verify_signature": False})


def knowing(folder: Path) -> Tokens:
    """What a service of this machine knows."""
    state = StateFolder(folder)
    return Tokens(keys_at(str(state.public_keys), None), ISSUER, [AUDIENCE], ShiftedClock(state.clock))


@pytest.mark.parametrize("role", ["case-worker", "analyst", "ops"])
async def test_a_role_gets_its_scopes_everywhere_unless_it_is_limited(tmp_path: Path, role: str) -> None:
    token = loket(tmp_path, "token", "--role", role).stdout.strip()
    limited = loket(tmp_path, "token", "--role", role, "--location", "a", "--location", "b", "--organisation", "c").stdout.strip()

    everywhere, here = await knowing(tmp_path).caller(token), await knowing(tmp_path).caller(limited)

    assert everywhere.scopes == here.scopes == set(ROLES[role])
    assert (everywhere.locations, everywhere.organisations) == ({"*"}, {"*"})
    assert (here.locations, here.organisations) == ({"a", "b"}, {"c"})


def test_a_desk_has_a_location_and_a_partner_a_name(tmp_path: Path) -> None:
    assert claims(tmp_path, "--role", "desk", "--location", "mosae_forum")["locations"] == ["mosae_forum"]
    partner = claims(tmp_path, "--role", "partner", "--partner", "university")
    assert (partner["partner"], partner["sub"], "locations" in partner) == ("university", "university", False)
    for wrong in (["desk"], ["partner"], ["ops", "--partner", "university"], ["king"], ["ops", "--service", "nowhere"]):
        assert loket(tmp_path, "token", "--role", *wrong).exit_code != 0


def test_a_token_is_good_for_eight_hours_or_as_asked_and_for_one_service_if_asked(tmp_path: Path) -> None:
    usual, asked = claims(tmp_path, "--role", "ops"), claims(tmp_path, "--role", "ops", "--hours", "0.5", "--service", "intake")

    assert (usual["exp"] - usual["iat"], usual["aud"]) == (8 * 3600, "loket")
    assert (asked["exp"] - asked["iat"], asked["aud"]) == (1800, "loket:intake")


def test_the_key_is_made_once_and_only_its_public_half_leaves_the_secrets(tmp_path: Path) -> None:
    loket(tmp_path, "token", "--role", "ops")
    folder = StateFolder(tmp_path)
    before = folder.signing_key.read_text()
    loket(tmp_path, "token", "--role", "ops")

    assert folder.signing_key.read_text() == before
    assert folder.signing_key.stat().st_mode & 0o777 == 0o600
    assert folder.signing_key.parent.stat().st_mode & 0o777 == 0o700
    assert "d" not in json.loads(folder.public_keys.read_text())["keys"][0]


async def test_a_token_goes_by_the_clock_of_the_platform(tmp_path: Path) -> None:
    loket(tmp_path, "clock", "forward", "40d")
    token = loket(tmp_path, "token", "--role", "ops").stdout.strip()
    assert (await knowing(tmp_path).caller(token)).subject == "ops"

    loket(tmp_path, "clock", "forward", "9h")

    with pytest.raises(Unknown):
        await knowing(tmp_path).caller(token)


def test_the_story_renews_its_tokens_in_good_time(tmp_path: Path) -> None:
    badges = Badges(StateFolder(tmp_path))
    first = badges.of("desk")
    assert badges.of("desk") == first
    badges._clock._shift = timedelta(hours=5)

    assert badges.of("desk") != first


def test_the_story_acts_in_the_role_that_a_route_is_for() -> None:
    assert role_for("scheduling", "/v1/desks/x/day") == "desk"
    assert role_for("scheduling", "/v1/closures") == "case-worker"
    assert role_for("intake", "/v1/cases") == "case-worker"
    assert role_for("reporting", "/v1/cases/x/timeline") == "ops"
    assert role_for("reporting", "/v1/indicators/k01") == "analyst"
