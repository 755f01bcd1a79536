"""Asks a service of this machine's platform over HTTP, with a token for one role."""

import os
from collections.abc import Mapping
from typing import Any

import httpx

from common.access.issuing import Grant
from loket.errors import LoketError
from loket.supervisor import Layout, StateFolder
from loket.tokens import machine_token


def ask(role: str, service: str, method: str, path: str, **query: str) -> Any:
    """What the service answers; a refusal or silence is a `LoketError`."""
    return ask_at(role, service, method, path, query=query)


def ask_at(
    role: str,
    service: str,
    method: str,
    path: str,
    *,
    url: str | None = None,
    token: str | None = None,
    body: Any = None,
    query: Mapping[str, str] | None = None,
) -> Any:
    """The same at an address and with a token, where they are given; else those of this machine."""
    layout = Layout.read(os.environ)
    address = (url or layout.address(service)).rstrip("/")
    headers = {"authorization": f"Bearer {token or machine_token(StateFolder(layout.folder), Grant(role))}"}
    try:
        answer = httpx.request(method, address + path, headers=headers, params=query or None, json=body, timeout=60, trust_env=False)
    except httpx.TransportError as error:
        raise LoketError(f"{service} does not answer at {address}: is the platform running (`loket up`)?") from error
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        raise LoketError(f"{service}: {answer.json().get('detail', answer.status_code)}")
    return answer.json()
