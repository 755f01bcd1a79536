"""One look at a platform: asks every question in an order in which what happens meanwhile is no finding; who is silent is named."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import nan
from typing import Any, TypeVar

from aiokafka.errors import KafkaError

from auditor.answers import Answers, Completeness, DeskDay, Listed, Waiting
from auditor.fold import Fold
from auditor.kafka import Kafka, Standing, moved
from auditor.reach import SERVICES
from auditor.web import NoAnswer, NotThere, Services
from common.log import LogError

T = TypeVar("T")
BETWEEN = 3.0  # seconds between two looks at a group
SAMPLE = 20  # cases and day lists that are asked for: the newest, and as many from all the rest
CASES, LANES = 100, 1000  # on a page
GAUGES = ("loket_parked_lanes", "loket_breaker_open", "loket_kafka_connected")


class Asking:
    """The questions, each of which fails alone."""

    def __init__(self, kafka: Kafka, services: Services, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._kafka, self._services, self._pause = kafka, services, pause
        self._looks = 0

    async def answers(self, now: datetime) -> Answers:
        """Everything. Cases are listed before the log is read, and the log is read on after the services were asked."""
        answers = Answers()
        self._looks += 1
        self._services.ask_all_again()
        async with self._each(answers, "cases"):
            answers.cases = await self._cases()
        fold, asked = Fold(), False
        async with self._each(answers, "fold"), self._kafka.log() as log:
            await log.into(fold)
            asked = True
            await self._asked_around(answers, fold, now)
            await log.into(fold)
            answers.fold = fold
        if not asked:
            await self._asked_around(answers, Fold(), now)
        return answers

    async def _asked_around(self, answers: Answers, fold: Fold, now: datetime) -> None:
        """What the services say between two looks at their groups."""
        first = await self._standings(answers)
        for name in SERVICES:
            async with self._each(answers, "gauges"):
                answers.gauges[name] = await self._gauges(name)
            async with self._each(answers, "lanes"):
                answers.lanes[name] = await self._lanes(name)
        async with self._each(answers, "completeness"):
            answers.completeness = await self._completeness(now)
        await self._timelines(answers, fold)
        await self._day_lists(answers, fold)
        if not first:
            return
        await self._pause(BETWEEN)
        second = await self._standings(answers)
        answers.groups = {name: moved(first[name], second[name]) for name in first.keys() & second.keys()}

    async def _standings(self, answers: Answers) -> dict[str, Standing]:
        async with self._each(answers, "groups"):
            return await self._kafka.standings()
        return {}

    async def _cases(self) -> dict[str, datetime]:
        """By pages, the newest first: what comes meanwhile pushes others to a later page and hides none."""
        found: dict[str, datetime] = {}
        page, total = 1, 1
        while (page - 1) * CASES < total:
            listed = await self._services.get("intake", "/v1/cases", page=page, pageSize=CASES)
            found |= {case["id"]: datetime.fromisoformat(case["receivedAt"]) for case in listed["cases"]}
            page, total = page + 1, listed["total"]
        return found

    async def _timelines(self, answers: Answers, fold: Fold) -> None:
        for case in self._some(sorted(fold.created, key=fold.created.__getitem__)):
            async with self._each(answers, "timelines"):
                try:
                    answers.timelines[case] = len((await self._services.get("reporting", f"/v1/cases/{case}/timeline"))["items"])
                except NotThere:
                    answers.timelines[case] = None

    async def _day_lists(self, answers: Answers, fold: Fold) -> None:
        """Of desks and days on which a visit was confirmed, in the order in which the visits came."""
        places = {(slot.desk, plan.day): None for plan in fold.plans.values() for slot in plan.slots if plan.topic == "visit.confirmed"}
        for desk, day in self._some(list(places)):
            async with self._each(answers, "day_lists"):
                answers.day_lists[desk, day] = await self._day_list((desk, day))

    async def _day_list(self, place: DeskDay) -> dict[str, Listed]:
        try:
            said = await self._services.get("scheduling", f"/v1/desks/{place[0]}/day", date=place[1])
        except NotThere:
            return {}
        return {one["appointmentId"]: _listed(one) for one in said["appointments"]}

    def _some(self, all_: list[T]) -> list[T]:
        """The last ones, and as many of the others, other ones at each look."""
        last, others = all_[-SAMPLE:], all_[:-SAMPLE]
        step = max(1, len(others) // SAMPLE)
        return last + others[self._looks % step :: step][:SAMPLE]

    async def _gauges(self, name: str) -> dict[str, float]:
        metrics = await self._services.metrics(name)
        return {one: metrics[one][0] for one in GAUGES if one in metrics} | {"lag": sum(metrics.get("loket_lag_records", [nan]))}

    async def _lanes(self, name: str) -> list[Waiting]:
        found: list[Waiting] = []
        while len(found) % LANES == 0:
            page = await self._services.get(name, "/v1/lanes", limit=LANES, page=len(found) // LANES + 1)
            found += [Waiting(lane["kind"], datetime.fromisoformat(lane["parkedAt"])) for lane in page]
            if not page:
                break
        return found

    async def _completeness(self, now: datetime) -> Completeness:
        """Of any figure over a day that has ended everywhere."""
        key = (await self._services.get("reporting", "/v1/indicators"))["items"][0]["key"]
        first, end = ((now - timedelta(days=days)).date().isoformat() for days in (3, 2))
        figure = await self._services.get("reporting", f"/v1/indicators/{key}", **{"from": first, "to": end})
        return Completeness(figure["completeness"]["complete"], figure["completeness"]["recordsBehind"])

    @asynccontextmanager
    async def _each(self, answers: Answers, question: str) -> AsyncIterator[None]:
        """What goes wrong is noted under the question; the words of an unexpected fault are not repeated, they may quote an answer."""
        try:
            yield
        except (NoAnswer, LogError) as error:
            answers.note(question, str(error))
        except KafkaError as error:
            answers.note(question, f"Kafka: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - whatever is answered, the other questions are asked
            answers.note(question, f"{question.replace('_', ' ')}: {type(error).__name__}")


def _listed(one: dict[str, Any]) -> Listed:
    starts, ends = (datetime.fromisoformat(one[name]) for name in ("startsAt", "endsAt"))
    return Listed(one["caseId"], one["state"], starts, ends)
