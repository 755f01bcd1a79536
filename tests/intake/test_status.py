"""The table of statuses."""

from itertools import pairwise, product

import pytest

from intake.domain.status import LAST, NEXT, road


def test_a_road_leads_only_over_steps_of_the_table():
    for start, end in product(NEXT, NEXT):
        way = road(start, end)
        if way is not None:
            assert all(following in NEXT[status] for status, following in pairwise(way))


@pytest.mark.parametrize("last", sorted(LAST))
def test_nothing_follows_a_last_status(last):
    assert all(road(last, status) is None for status in NEXT if status != last)


def test_every_open_case_can_be_withdrawn():
    assert all(road(status, "withdrawn") is not None for status in NEXT if status not in LAST)


def test_a_case_that_hears_of_its_end_first_walks_the_whole_way():
    assert road("accepted", "completed") == ("accepted", "planned", "in_progress", "completed")


def test_a_cancelled_visit_leads_back_to_accepted():
    assert road("planned", "accepted") == ("planned", "accepted")
