"""The mailbox takes what is sent to it and shows it, whatever is in it."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import httpx
import pytest

from loket.embedded.child import free_port
from loket.embedded.mailbox.inbox import Inbox, Mail
from loket.embedded.mailbox.reading import read

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@dataclass(frozen=True)
class Mailbox:
    smtp_port: int
    http: httpx.Client

    def send(self, *messages: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as smtp:
            for message in messages:
                smtp.send_message(message)


@pytest.fixture(scope="module")
def running() -> Iterator[Mailbox]:
    smtp_port, http_port = free_port(), free_port()
    ports = ["--smtp-port", str(smtp_port), "--http-port", str(http_port), "--kept", "60"]
    with (
        subprocess.Popen([sys.executable, "-W", "error", "-P", "-m", "loket.embedded.mailbox", *ports]) as mailbox,
        httpx.Client(base_url=f"http://127.0.0.1:{http_port}", trust_env=False) as http,
    ):
        wait_until_ready(http)
        yield Mailbox(smtp_port, http)
        mailbox.terminate()


def wait_until_ready(http: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            http.get("/health/ready").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("The mailbox is not ready.")


def mail(to: str, subject: str, text: str = "Dag", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "loket@example.org", to, subject
    message.set_content(text)
    message["Content-Language"] = "nl"
    if html:
        message.add_alternative(html, subtype="html")
        message.add_attachment(CALENDAR.encode(), maintype="text", subtype="calendar", filename="visit.ics")
    return message


def test_a_mail_is_listed_and_shown_with_all_its_parts(running: Mailbox) -> None:
    running.send(mail("ada@example.org", "Uw afspraak is vóór de middag", "Tot maandag, één uur", "<p>Tot <b>maandag</b></p>"))

    listed = running.http.get("/mailbox.json", params={"to": "ADA@"}).json()["mails"][0]
    assert (listed["sender"], listed["to"], listed["subject"]) == (
        "loket@example.org",
        ["ada@example.org"],
        "Uw afspraak is vóór de middag",
    )
    whole = running.http.get(f"/mailbox/{listed['number']}.json").json()
    assert (whole["text"].strip(), whole["html"].strip()) == ("Tot maandag, één uur", "<p>Tot <b>maandag</b></p>")
    assert whole["calendars"] == [CALENDAR]
    page = running.http.get(f"/mailbox/{listed['number']}").text
    assert 'lang="nl"' in page
    assert "Tot maandag, één uur" in page
    assert running.http.get(f"/mailbox/{listed['number']}/calendar/0").text == CALENDAR


def test_nothing_in_a_mail_runs_in_the_browser(running: Mailbox) -> None:
    running.send(
        mail(
            '"<script>alert(1)</script>"@example.org',
            "<script>alert(2)</script>",
            "</pre><script>alert(3)</script>",
            '"><script>alert(4)</script>',
        )
    )

    listed = running.http.get("/mailbox").text
    answer = running.http.get(f"/mailbox/{running.http.get('/mailbox.json').json()['count']}")

    for page in (listed, answer.text, running.http.get("/mailbox", params={"to": '"><script>alert(5)</script>'}).text):
        assert "<script" not in page
    assert "<iframe sandbox title=" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_list_is_paged_newest_first_and_can_be_narrowed(running: Mailbox) -> None:
    running.send(*(mail(f"person{number}@example.org", f"Letter {number}") for number in range(55)))

    first, second = running.http.get("/mailbox").text, running.http.get("/mailbox", params={"offset": 50}).text
    assert "Letter 54" in first
    assert "Letter 4<" not in first
    assert "Letter 4<" in second
    only = running.http.get("/mailbox.json", params={"to": "person7@"}).json()["mails"]
    assert [entry["subject"] for entry in only] == ["Letter 7"]


@pytest.mark.parametrize(
    ("path", "status"), [("/mailbox/999999", 404), ("/mailbox/0", 404), ("/mailbox?offset=x", 400), ("/mailbox.json?limit=-1", 400)]
)
def test_what_is_not_there_is_said(running: Mailbox, path: str, status: int) -> None:
    assert running.http.get(path).status_code == status


def test_a_letter_that_comes_again_under_its_id_is_kept_once() -> None:
    inbox = Inbox(kept=2)
    first = inbox.add("a@example.org", ["b@example.org"], b"Message-ID: <1@example.org>\r\n\r\none")

    again = inbox.add("a@example.org", ["b@example.org"], b"Message-ID: <1@example.org>\r\n\r\none")

    assert again is first
    assert (len(inbox), inbox.count) == (1, 1)


def test_the_oldest_make_room_but_are_still_counted() -> None:
    inbox = Inbox(kept=3)
    for number in range(5):
        inbox.add("loket@example.org", [f"{number}@example.org"], b"")

    assert (inbox.count, len(inbox)) == (5, 3)
    assert [mail.number for mail in inbox.newest("", most=9)] == [5, 4, 3]
    assert inbox.find(2) is None
    assert inbox.find(3) is not None
    assert inbox.find(6) is None


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xe9", b"Subject: =?x?q?=\r\n\r\n"])
def test_a_broken_mail_is_shown_as_far_as_it_goes(raw: bytes) -> None:
    assert read(Mail(1, "", ("ada@example.org",), raw)).number == 1


def test_a_page_of_elsewhere_that_has_a_name_lead_here_reads_no_mail(running: Mailbox) -> None:
    port = running.http.base_url.port
    asked = {
        name: running.http.get("/mailbox.json", headers={"host": name}).status_code
        for name in ("evil.example", f"evil.example:{port}", "localhost:1")
    }

    assert set(asked.values()) == {421}
    assert [running.http.get("/mailbox.json", headers={"host": f"{name}:{port}"}).status_code for name in ("localhost", "[::1]")] == [
        200,
        200,
    ]
