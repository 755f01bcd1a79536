"""Addresses of a MongoDB, taken apart so that the wire can lie before it."""

from urllib.parse import urlsplit


def place_of(url: str) -> int:
    """The port of a MongoDB on this machine."""
    return urlsplit(url).port or 27017


def led_through(url: str, port: int) -> str:
    """The same MongoDB behind another port."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.hostname}:{port}").geturl()
