"""Limits that hold before anything is parsed."""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope


def bounded(scope: Scope, receive: Receive, limit: int) -> Receive:
    """Receives a body of at most `limit` bytes, counted while it comes; a longer one is answered 413."""
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    too_long = not said.isdigit() or int(said) > limit
    count, whole = 0, False

    async def receiving() -> Message:
        nonlocal count, whole
        if too_long:
            raise HTTPException(413, f"A body has at most {limit} bytes.")
        message = await receive()
        if message["type"] == "http.disconnect" and not whole:
            raise HTTPException(408, "The request did not come whole.")
        whole = not message.get("more_body", False)
        count += len(message.get("body", b""))
        if count > limit:
            raise HTTPException(413, f"A body has at most {limit} bytes.")
        return message

    return receiving
