"""Asks the services over HTTP; a refusal or silence is one sentence, without what was in the answer."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

SECONDS = 15.0  # for one answer


class NoAnswer(Exception):
    """Its text is one sentence: who did not answer, or refused."""


class NotThere(NoAnswer):
    """404: the service knows nothing of it."""


class Services:
    """The public routes of the services, by their addresses, with a token that is made or read anew for each look."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        metrics: Mapping[str, str],
        token: Callable[[], str],
        transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self._addresses, self._metrics, self._token, self._transports = addresses, metrics, token, transports or {}
        self._away: set[str] = set()
        self._authorities = httpx.create_ssl_context(trust_env=False)  # read once: that takes longer than a question

    async def get(self, service: str, path: str, **query: str | int) -> Any:
        """What a route answers."""
        headers = {"authorization": f"Bearer {self._token()}"}
        return (await self._answer(service, self._addresses[service] + path, headers, query)).json()

    async def metrics(self, service: str) -> dict[str, list[float]]:
        """The values of each metric, whatever its labels."""
        found: dict[str, list[float]] = {}
        for family in text_string_to_metric_families((await self._answer(service, self._metrics[service])).text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append(sample.value)
        return found

    def ask_all_again(self) -> None:
        """Who was silent at the last look is asked again at this one."""
        self._away.clear()

    async def _answer(
        self, service: str, address: str, headers: Mapping[str, str] | None = None, query: Mapping[str, str | int] | None = None
    ) -> httpx.Response:
        """An answer below 400; who has not answered once is not waited for again until the next look."""
        if service in self._away:
            raise NoAnswer(f"{service} does not answer at {self._addresses[service]}")
        try:
            own = self._transports.get(service)
            async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, verify=self._authorities, transport=own) as client:
                answer = await client.get(address, headers=headers, params=query)
        except httpx.HTTPError as error:
            self._away.add(service)
            raise NoAnswer(f"{service} does not answer at {self._addresses[service]}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NotThere(f"{service} knows nothing at {httpx.URL(address).path}")
        if answer.status_code != httpx.codes.OK:
            raise NoAnswer(f"{service} answers {answer.status_code} at {httpx.URL(address).path}")
        return answer
