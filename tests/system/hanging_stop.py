"""Runs intake with a stop that never ends, and with a last resort after one second."""

import asyncio
from typing import Any

from common import serving
from common.service import Service
from intake.__main__ import main


async def for_ever(_service: Service[Any]) -> None:
    await asyncio.Event().wait()


if __name__ == "__main__":
    Service._stop = for_ever  # type: ignore[method-assign]
    serving.LAST = 1.0
    main()
