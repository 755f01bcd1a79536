"""The supervisor starts, watches and stops real processes; the services here answer nothing but their readiness."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from loket_fixtures import open_to_others

from loket.embedded.child import free_port
from loket.errors import LoketError
from loket.supervisor import SERVICES, Layout, Ports, StateFolder, Supervisor
from loket.supervisor import supervisor as supervising
from loket.supervisor.pauses import LONGEST, Pauses

SERVICE = """
import http.server, json, os, pathlib, socket
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()
    def log_message(self, *_): pass
print("told", json.dumps({name: os.environ.get(name) for name in os.environ["TELL"].split()}), flush=True)
metrics = socket.create_server((os.environ["HOST"], int(os.environ["METRICS_PORT"])))
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Answer).serve_forever()
"""
TELL = "KAFKA_BOOTSTRAP_SERVERS SQLITE_PATH MONGO_URL OIDC_JWKS CLOCK_FILE ENVIRONMENT PARTNER_SECRETS_PATH SMTP_PORT"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Puts fake services before the real ones."""
    for service in SERVICES:
        write_service(tmp_path, service, SERVICE)
    path = os.pathsep.join([str(tmp_path / "fakes"), os.environ.get("PYTHONPATH", "")])
    return {name: value for name, value in os.environ.items() if name != "MONGO_URL"} | {"PYTHONPATH": path, "TELL": TELL}


@pytest.fixture
def layout(tmp_path: Path, kafka_bootstrap: str) -> Layout:
    region = tmp_path / "region"
    (region / "intake").mkdir(parents=True)
    (region / "intake" / "partners.yaml").write_text("partners:\n- id: shared-service-centre\n- id: university\n")
    ports = Ports(*(free_port() for _ in range(7)))
    return Layout(folder=tmp_path / "state", region=region, ports=ports, kafka_bootstrap_servers=kafka_bootstrap)


@pytest.fixture
def supervisor(layout: Layout, environ: dict[str, str]) -> Iterator[Supervisor]:
    with Supervisor(layout, no_topics, environ=environ) as supervisor:
        yield supervisor


def write_service(folder: Path, service: str, code: str) -> None:
    package = folder / "fakes" / service
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(code)


async def no_topics(_bootstrap: str) -> None:
    """The fake services need none."""


def told(supervisor: Supervisor, service: str) -> dict[str, str | None]:
    line = supervisor.folder.log(service).read_text().splitlines()[-1]
    answer: dict[str, str | None] = json.loads(line.removeprefix("told "))
    return answer


def eventually(holds: Callable[[], bool], within: float = 15) -> bool:
    deadline = time.monotonic() + within
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_every_service_is_ready_and_was_told_what_it_needs(supervisor: Supervisor, layout: Layout) -> None:
    assert supervisor.not_ready() == []
    assert httpx.get(f"{layout.address('mailbox')}/mailbox", trust_env=False).status_code == 200
    intake, notifications = told(supervisor, "intake"), told(supervisor, "notifications")
    assert intake["KAFKA_BOOTSTRAP_SERVERS"] == layout.kafka_bootstrap_servers
    assert intake["SQLITE_PATH"] == str(layout.folder / "stores" / "intake.sqlite")
    assert intake["CLOCK_FILE"] == str(layout.folder / "clock.json")
    assert (intake["ENVIRONMENT"], intake["MONGO_URL"], intake["SMTP_PORT"]) == ("local", None, None)
    assert notifications["SMTP_PORT"] == str(layout.ports.smtp)
    assert notifications["PARTNER_SECRETS_PATH"] is None


def test_secrets_are_made_once_and_for_nobody_else_to_read(supervisor: Supervisor, layout: Layout) -> None:
    signing, partners = supervisor.folder.signing_key, supervisor.folder.partner_secrets
    known = {file.name: file.read_text() for file in partners.iterdir()}
    assert {file.stat().st_mode & 0o777 for file in (signing, *partners.iterdir())} == {0o600}
    assert set(known) == {"shared-service-centre", "university"}
    assert all(secret.startswith("whsec_") for secret in known.values())
    key = signing.read_text()

    (layout.region / "intake" / "partners.yaml").write_text("partners:\n- id: university\n- id: newcomer\n")
    supervisor.folder.prepare(layout.region)

    assert signing.read_text() == key
    jwks = Path(told(supervisor, "intake")["OIDC_JWKS"])
    assert [one["kid"] for one in json.loads(jwks.read_text())["keys"]]
    assert '"d"' not in jwks.read_text()
    assert (partners / "university").read_text() == known["university"]
    assert {file.name for file in partners.iterdir()} == {"shared-service-centre", "university", "newcomer"}


def test_a_service_that_is_killed_is_started_again(supervisor: Supervisor) -> None:
    before = supervisor.children["scheduling"].popen.pid
    os.kill(before, signal.SIGKILL)
    supervisor.children["scheduling"].popen.wait()

    supervisor.tend()

    assert supervisor.children["scheduling"].popen.pid != before
    assert eventually(lambda: supervisor.not_ready() == [])


def test_a_part_that_keeps_ending_rests_ever_longer_and_the_others_go_on(supervisor: Supervisor, tmp_path: Path) -> None:
    write_service(tmp_path, "reporting", "raise SystemExit('no store')")
    said, time_is, others = [], [0.0], supervisor.children["intake"].popen.pid
    supervisor._say, supervisor.pauses = said.append, Pauses(lambda: time_is[0])
    supervisor.children["reporting"].popen.kill()
    for _ in range(8):
        supervisor.children["reporting"].popen.wait()
        supervisor.tend()
        time_is[0] += LONGEST
        supervisor.tend()

    assert [re.findall(r"again in (\d+) s", line) for line in said] == [[], *([str(2**n)] for n in range(6)), ["60"]]
    assert "no store" in said[1]
    assert supervisor.children["intake"].popen.pid == others
    assert supervisor.children["intake"].alive
    supervisor._give_up = True
    supervisor.children["reporting"].popen.wait()
    with pytest.raises(LoketError, match=r"reporting ended 9 times within 600 s and is not started again: look into .*reporting\.log"):
        supervisor.tend()


def test_a_second_start_on_the_same_folder_is_refused_and_names_the_first(supervisor: Supervisor, environ: dict[str, str]) -> None:
    with pytest.raises(LoketError, match=rf"already runs on .* \(process {os.getpid()}\): use that one, stop it with"):
        Supervisor(supervisor.layout, no_topics, environ=environ).start()
    with pytest.raises(LoketError, match="already runs"):
        StateFolder(supervisor.layout.folder).wipe()

    assert supervisor.not_ready() == []


def test_an_occupied_port_is_named_with_the_setting_that_moves_it(layout: Layout, environ: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", layout.ports.notifications))
        other.listen()
        supervisor = Supervisor(layout, no_topics, environ=environ)

        with pytest.raises(LoketError, match=f"Port {layout.ports.notifications}, meant for notifications, is used .* LOKET_PORT_BASE"):
            supervisor.start()

    assert supervisor.children == {}
    again = StateFolder(layout.folder)
    again.hold()
    again.release()


def test_a_service_that_ends_at_its_start_stops_everything_and_shows_its_log(
    layout: Layout, environ: dict[str, str], tmp_path: Path
) -> None:
    write_service(tmp_path, "intake", "raise SystemExit('the region pack has no partners')")
    supervisor = Supervisor(layout, no_topics, environ=environ)

    with pytest.raises(LoketError, match=r"(?s)intake ended while it started \(status 1\).*the region pack has no partners"):
        supervisor.start()

    assert supervisor.children == {}
    assert not any(is_open(port) for port in layout.needed_ports.values())


def test_a_service_that_never_gets_ready_is_named(
    layout: Layout, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_service(tmp_path, "reporting", "import time; print('still reading the log', flush=True); time.sleep(600)")
    monkeypatch.setattr(supervising, "READY_WITHIN", 6.0)  # the others are ready by then, on a busy machine too

    with pytest.raises(LoketError, match=r"(?s)Not ready within 6 s: [a-z, ]*reporting\. .*still reading the log"):
        Supervisor(layout, no_topics, environ=environ).start()


def test_stopping_ends_every_process(layout: Layout, environ: dict[str, str]) -> None:
    supervisor = Supervisor(layout, no_topics, environ=environ)
    supervisor.start()
    children = list(supervisor.children.values())

    supervisor.stop()

    assert len(children) == 5
    assert not any(child.alive for child in children)
    assert not any(is_open(port) for port in layout.needed_ports.values())


def test_no_process_outlives_a_supervisor_that_is_killed(layout: Layout, environ: dict[str, str]) -> None:
    layout = replace(layout, kafka_bootstrap_servers=None)
    with loket_up(layout, environ) as up:
        assert eventually(lambda: all(is_open(port) for port in layout.needed_ports.values()), within=60)
        up.kill()

    assert eventually(lambda: not any(is_open(port) for port in layout.needed_ports.values()))


def test_loket_up_shows_where_to_look_and_ends_with_status_0_at_sigterm(layout: Layout, environ: dict[str, str]) -> None:
    layout = replace(layout, kafka_bootstrap_servers=None)
    with loket_up(layout, environ) as up:
        assert up.stdout is not None
        lines: list[str] = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(up.stdout.readline())
            assert lines[-1], "".join(lines)
        up.terminate()
        rest = up.stdout.read()

    assert up.returncode == 0, rest
    assert f"{layout.address('intake')}/docs" in "".join(lines)
    assert "Stopped." in rest
    assert not any(is_open(port) for port in layout.needed_ports.values())
    assert open_to_others(layout.folder) == []


def loket_up(layout: Layout, environ: dict[str, str]) -> "subprocess.Popen[str]":
    """The command itself, with the ports of the layout instead of a row of them."""
    script = (
        "import sys; from loket.commands import up; from loket.supervisor import Layout, Ports; from pathlib import Path\n"
        f"ports = {layout.ports!r}\n"
        f"layout = Layout(folder=Path({str(layout.folder)!r}), region=Path({str(layout.region)!r}), ports=ports)\n"
        "Layout.read = lambda *_, **__: layout\n"
        "up.up()"
    )
    return subprocess.Popen([sys.executable, "-u", "-c", script], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
