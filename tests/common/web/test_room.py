"""Who waits longest gives way: over the bounds of everybody, and over those of one address."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from common.room import Room, Share, networks, whose


@dataclass(eq=False)
class Line:
    address: str
    gone: list[int] = field(default_factory=list)

    def give_way(self) -> None:
        self.gone.append(1)


MANY = Share(100, 1000)


def entered(room: Room, *addresses: str) -> list[Line]:
    lines = [Line(address) for address in addresses]
    for line in lines:
        room.enter(line)
    return lines


def test_the_longest_waiting_gives_way_to_a_new_connection_and_one_that_is_being_answered_does_not() -> None:
    room = Room(Share(2, 1000), MANY)
    answered, slow = entered(room, "192.0.2.1", "192.0.2.2")
    room.complete(answered)

    [new] = entered(room, "192.0.2.3")

    assert [bool(line.gone) for line in (answered, slow, new)] == [False, True, False]


def test_where_all_are_being_answered_the_newcomer_is_sent_away() -> None:
    room = Room(Share(1, 1000), MANY)
    [answered] = entered(room, "192.0.2.1")
    room.complete(answered)

    [new] = entered(room, "192.0.2.2")

    assert (answered.gone, bool(new.gone)) == ([], True)


def test_an_address_over_its_share_makes_way_among_its_own() -> None:
    room = Room(MANY, Share(2, 10))
    other, first, second = entered(room, "192.0.2.1", "192.0.2.9", "192.0.2.9")
    room.hold(second, 6)
    [third] = entered(room, "192.0.2.9")
    room.hold(third, 6)

    assert [len(line.gone) for line in (other, first, second, third)] == [0, 1, 1, 0]


def test_a_proxy_has_the_bounds_of_everybody_and_none_of_its_own() -> None:
    room = Room(MANY, Share(1, 10), networks("10.0.0.0/8, 2001:db8:1::/48"))
    lines = entered(room, "10.1.2.3", "10.1.2.3", "2001:db8:1:2::/64", "2001:db8:1:2::/64")
    room.hold(lines[0], 500)

    assert not any(line.gone for line in lines)
    room.hold(lines[1], 600)
    assert [len(line.gone) for line in lines] == [1, 0, 0, 0]


def test_an_address_of_ipv6_is_the_network_that_one_client_has() -> None:
    assert whose("2001:db8:0:7:1::1") == whose("2001:db8:0:7:2::2") == "2001:db8:0:7::/64"
    assert [whose(host) for host in ("192.0.2.7", "::ffff:192.0.2.7", "")] == ["192.0.2.7", "192.0.2.7", "0.0.0.0"]


STEPS = st.tuples(st.integers(0, 5), st.sampled_from(["enter", "leave", "wait", "complete", "hold", "release"]), st.integers(0, 40))


@given(steps=st.lists(STEPS))
def test_whatever_comes_the_bounds_hold_and_an_empty_room_is_empty(steps: list[tuple[int, str, int]]) -> None:
    room = Room(Share(4, 100), Share(3, 60))
    lines = [Line(f"192.0.2.{number % 2}") for number in range(6)]
    for number, what, count in steps:
        line = lines[number]
        if what == "enter":
            room.leave(line)
        getattr(room, what)(*([line, count] if what == "hold" else [line]))
        assert len(room._held) <= 4
        assert sum(room._held.values()) == room._bytes <= 100
        assert all(total <= 60 for total in room._bytes_of.values())
    for line in lines:
        room.leave(line)
    assert (room._bytes, not room._lines_of, not room._bytes_of, not room._unfinished) == (0, True, True, True)
