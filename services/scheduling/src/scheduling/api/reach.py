"""How far a caller reaches: what is at its locations and at desks of its organisations; the rest is not there for it."""

from uuid import UUID

from starlette.exceptions import HTTPException

from common.access.tokens import Caller
from common.errors import NotFound
from scheduling.domain.appointment import ENDED, Appointment
from scheduling.domain.visit import Visit
from scheduling.ports import Ports
from scheduling.region import Region


class Reach:
    """Answers what is beyond a caller's reach like what does not exist."""

    def __init__(self, ports: Ports, region: Region) -> None:
        self._ports = ports
        self._organisations: dict[str, str] = {desk.id: desk.organisation for desk in region.desks}
        self._locations = {desk.id: desk.location for desk in region.desks}
        self._known = frozenset(region.location_ids)

    def sees(self, caller: Caller, visit: Visit) -> bool:
        """A visit is of every organisation at whose desk it has an appointment."""
        return caller.at(visit.location) and caller.of({self._organisations.get(one.desk, "") for one in visit.appointments})

    def works_at(self, caller: Caller, desk: str) -> bool:
        """Whether a desk is of an organisation of the caller."""
        return caller.of({self._organisations.get(desk, "")})

    def owns(self, caller: Caller, visit: Visit) -> None:
        """Whoever cancels or moves a whole visit acts for every organisation at whose desk it has an appointment; 403 for others."""
        concerned = {self._organisations.get(one.desk, "") for one in visit.appointments if one.state not in ENDED}
        if not (caller.of_all or concerned <= caller.organisations):
            raise HTTPException(403, "The visit is of other organisations too: cancel the appointments at your own desks.")

    async def visit(self, caller: Caller, visit_id: UUID) -> Visit:
        """A visit within reach."""
        visit = await self._ports.visits.get(visit_id)
        if visit is None or not self.sees(caller, visit):
            raise NotFound("There is no such visit.")
        return visit

    async def appointment(self, caller: Caller, visit_id: UUID, appointment_id: UUID) -> Appointment:
        """An appointment at a desk within reach."""
        one = (await self.visit(caller, visit_id)).find(appointment_id)
        if not self.works_at(caller, one.desk):
            raise NotFound("This visit has no such appointment.")
        return one

    def place(self, caller: Caller, location: str, desk: str | None) -> None:
        """A desk within reach, or a location of which every desk is."""
        within = caller.of_all if desk is None else self.works_at(caller, desk) and self._locations.get(desk) == location
        if not (location in self._known and caller.at(location) and within):
            raise NotFound("There is no such location, or no such desk.")
