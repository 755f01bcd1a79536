"""A client of Kafka is let go of, however long the other side takes to say farewell."""

import asyncio

import pytest
from chassis import LONG

from common.waiting import let_go


async def test_a_broker_that_says_no_farewell_is_not_waited_for_and_the_closing_goes_on() -> None:
    farewell, closed = asyncio.Event(), asyncio.Event()

    async def closing() -> None:
        await farewell.wait()
        closed.set()

    async with asyncio.timeout(LONG):
        await let_go(closing(), patience=0.01)
        assert not closed.is_set()
        farewell.set()
        await closed.wait()


async def test_what_goes_wrong_while_closing_is_told() -> None:
    async def closing() -> None:
        raise ConnectionError("reset")

    with pytest.raises(ConnectionError, match="reset"):
        await let_go(closing())
