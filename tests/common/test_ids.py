"""Derived ids are those of RFC 9562."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from common.ids import LOKET, derived


@given(st.lists(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), st.uuids())))
def test_an_id_is_the_version_5_of_its_parts(parts):
    found = derived(*parts)

    assert found == uuid5(LOKET, "\x1f".join(map(str, parts)))
    assert (found.version, type(found)) == (5, UUID)
