"""Asks a service of this machine's platform over HTTP, with a token for one role."""

import os
from typing import Any

import httpx

from common.access.issuing import Grant
from loket.errors import LoketError
from loket.supervisor import Layout, StateFolder
from loket.tokens import machine_token


def ask(role: str, service: str, method: str, path: str, **query: str) -> Any:
    """What the service answers; a refusal or silence is a `LoketError`."""
    layout = Layout.read(os.environ)
    headers = {"authorization": f"Bearer {machine_token(StateFolder(layout.folder), Grant(role))}"}
    try:
        answer = httpx.request(method, layout.address(service) + path, headers=headers, params=query or None, timeout=60, trust_env=False)
    except httpx.TransportError as error:
        raise LoketError(f"{service} does not answer at {layout.address(service)}: is the platform running (`loket up`)?") from error
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        raise LoketError(f"{service}: {answer.json().get('detail', answer.status_code)}")
    return answer.json()
