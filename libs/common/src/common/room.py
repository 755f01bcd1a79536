"""How much all clients together, and each address, may hold: connections, and bytes of requests that have no answer yet.

Over a bound the connection that has waited longest for its own request to end gives way: quick clients are served while slow ones fill the
room, even where all come from one proxy.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple, Protocol

Network = IPv4Network | IPv6Network
MEBIBYTE = 1024 * 1024


class Share(NamedTuple):
    """A part of the room."""

    connections: int
    bytes: int


EVERYBODY = Share(connections=2000, bytes=32 * MEBIBYTE)
ONE_ADDRESS = Share(connections=1000, bytes=16 * MEBIBYTE)


class Line(Protocol):
    """A connection."""

    address: str

    def give_way(self) -> None:
        """Answer 503 where that is possible, and close."""


class Room:
    """Counts, and makes whoever is slowest give way; proxies are held to the bounds of everybody, not to those of one address."""

    def __init__(
        self,
        everybody: Share = EVERYBODY,
        one_address: Share = ONE_ADDRESS,
        proxies: Iterable[Network] = (),
        gave_way: Callable[[], None] = lambda: None,
    ) -> None:
        self._everybody, self._one_address, self._proxies, self._gave_way = everybody, one_address, tuple(proxies), gave_way
        self._held: dict[Line, int] = {}
        self._unfinished: dict[Line, None] = {}
        self._bytes = 0
        self._lines_of: Counter[str] = Counter()
        self._bytes_of: Counter[str] = Counter()

    def enter(self, line: Line) -> None:
        """A connection has been made; it may be this one that gives way."""
        self._held[line] = 0
        self._lines_of[line.address] += 1
        self.wait(line)
        if len(self._held) > self._everybody.connections:
            self._send_away(line, self._unfinished)
        elif self._bounded(line) and self._lines_of[line.address] > self._one_address.connections:
            self._send_away(line, (one for one in self._unfinished if one.address == line.address))

    def leave(self, line: Line) -> None:
        """A connection has ended, or is about to."""
        if line not in self._held:
            return
        self.release(line)
        del self._held[line]
        self._unfinished.pop(line, None)
        self._lines_of[line.address] -= 1
        if not self._lines_of[line.address]:
            del self._lines_of[line.address], self._bytes_of[line.address]

    def wait(self, line: Line) -> None:
        """A request is expected, from now on."""
        if line in self._held:
            self._unfinished.pop(line, None)
            self._unfinished[line] = None

    def complete(self, line: Line) -> None:
        """A request has come whole; it is for us to be quick."""
        self._unfinished.pop(line, None)

    def hold(self, line: Line, count: int) -> None:
        """So many bytes more have come; it may be this line that gives way."""
        if line not in self._held:
            return
        self._count(line, count)
        while self._bytes > self._everybody.bytes and line in self._held:
            self._send_away(line, (one for one in self._unfinished if self._held[one]))
        while self._bounded(line) and self._bytes_of[line.address] > self._one_address.bytes and line in self._held:
            self._send_away(line, (one for one in self._unfinished if self._held[one] and one.address == line.address))

    def release(self, line: Line) -> None:
        """What a line held has been answered."""
        self._count(line, -self._held.get(line, 0))

    def _count(self, line: Line, count: int) -> None:
        if count:
            self._held[line] += count
            self._bytes += count
            self._bytes_of[line.address] += count

    def _bounded(self, line: Line) -> bool:
        if not self._proxies:
            return True
        address = ip_address(line.address.partition("/")[0])
        return not any(address in network for network in self._proxies)

    def _send_away(self, newest: Line, slowest_first: Iterable[Line]) -> None:
        slowest = next(iter(slowest_first), newest)
        self.leave(slowest)
        self._gave_way()
        slowest.give_way()


def whose(host: str) -> str:
    """What is one address: of IPv6 the network of 64 bits, which one client has for itself (RFC 6177)."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return "0.0.0.0"  # nosec B104 # noqa: S104 - a socket of this machine that has no address; nothing listens there
    if address.version == 4:  # noqa: PLR2004
        return host
    return str(address.ipv4_mapped) if address.ipv4_mapped else str(ip_network((int(address), 64), strict=False))


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks (CIDR), separated by commas; raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
