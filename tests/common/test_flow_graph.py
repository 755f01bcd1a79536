"""No event may cause itself, have a second publisher, or be heard by nobody: shown on toys; the real map is the contracts' business."""

from pathlib import Path
from typing import Any

from chassis import Finish, Make, Send, Sent
from toy_service import blueprint

from common.blueprint import Blueprint
from common.events.case import CaseClosed, CaseCreated, CaseReferred
from common.events.visit import VisitConfirmed, VisitDeferred
from common.flow import cycles, flow, second_publishers, undeclared, unheard
from common.subscribing import on, once


async def nothing(message: Any, ports: Any) -> None: ...


async def act(message: Any, ports: Any) -> Sent: ...  # type: ignore[empty-body]


def service(name: str, **parts: Any) -> Blueprint[Any]:
    toy = blueprint("127.0.0.1:1", "", Path("nowhere"))
    empty: dict[str, Any] = {"subscribes": (), "publishes": (), "steps": (), "acts": (), "commands": ()}
    return Blueprint(name=name, title=name, settings=toy.settings, aggregates=(), ports=toy.ports, routes=toy.routes, **(empty | parts))


def healthy() -> list[Blueprint[Any]]:
    return [
        service("intake", publishes=(CaseCreated,), commands=(on(Make, nothing, CaseCreated),)),
        service(
            "scheduling",
            subscribes=(on(CaseCreated, nothing, Finish),),
            steps=(on(Finish, nothing, Send, Finish), on(Sent, nothing, VisitConfirmed)),
            acts=(once(Send, act, Sent),),
            publishes=(VisitConfirmed,),
        ),
        service("reporting", subscribes=(on(CaseCreated, nothing), on(VisitConfirmed, nothing))),
    ]


def test_a_healthy_platform_has_no_faults() -> None:
    platform = healthy()

    assert cycles(flow(platform)) == []
    assert second_publishers(platform) == {}
    assert unheard(platform) == []
    assert undeclared(platform) == {}


def test_the_graph_goes_through_steps_and_acts_and_joins_the_handlers_of_all_services() -> None:
    graph = flow(healthy())

    assert graph[Make] == {CaseCreated}
    assert graph[CaseCreated] == {Finish}
    assert graph[Send] == {Sent}
    assert graph[Sent] == {VisitConfirmed}


def test_an_event_that_causes_itself_through_another_service_and_its_steps_is_found() -> None:
    platform = [*healthy(), service("intake2", subscribes=(on(VisitConfirmed, nothing, CaseCreated),))]

    assert (CaseCreated, VisitConfirmed, CaseCreated) in cycles(flow(platform))
    assert (VisitConfirmed, CaseCreated, VisitConfirmed) in cycles(flow(platform))


def test_an_event_that_causes_itself_at_once_is_found() -> None:
    assert cycles(flow([service("intake", subscribes=(on(CaseClosed, nothing, CaseClosed),))])) == [(CaseClosed, CaseClosed)]


def test_an_event_that_only_leads_into_a_cycle_is_not_blamed() -> None:
    platform = [service("intake", subscribes=(on(CaseCreated, nothing, CaseClosed), on(CaseClosed, nothing, CaseClosed)))]

    assert cycles(flow(platform)) == [(CaseClosed, CaseClosed)]


def test_a_second_publisher_is_found_also_when_it_keeps_quiet_about_it() -> None:
    platform = [*healthy(), service("reporting2", subscribes=(on(CaseReferred, nothing, CaseCreated),))]

    assert second_publishers(platform) == {CaseCreated: ["intake", "reporting2"]}
    assert undeclared(platform) == {"reporting2": [CaseCreated]}


def test_a_publisher_that_the_contract_does_not_name_is_found() -> None:
    assert second_publishers([service("reporting", publishes=(VisitDeferred,))]) == {VisitDeferred: ["reporting", "scheduling"]}


def test_an_event_that_nobody_hears_is_found() -> None:
    platform = [*healthy(), service("scheduling", publishes=(VisitDeferred,))]

    assert unheard(platform) == [VisitDeferred]
    assert undeclared(platform) == {"scheduling": [VisitDeferred]}
