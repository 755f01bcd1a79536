"""Mail addresses as SMTP takes them: one mailbox, ASCII, no way to add a header or a second recipient."""

import re

LONGEST = 254
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*", re.ASCII)
DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]", re.ASCII)


class NoAddress(Exception):
    """No message can be sent to this address; it is not repeated."""


def mailbox(address: str) -> str:
    """The address with its domain in ASCII; raises `NoAddress`."""
    local, at, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise NoAddress from None
    whole = f"{local}@{domain}"
    if not at or len(whole) > LONGEST or not LOCAL.fullmatch(local) or not DOMAIN.fullmatch(domain):
        raise NoAddress
    return whole
