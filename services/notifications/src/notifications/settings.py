"""What notifications can be told by its environment."""

from typing import Literal

from pydantic import Field, SecretStr

from common.settings import LogbookSettings


class Settings(LogbookSettings):
    """The settings of all services, and how mail leaves."""

    smtp_host: str = Field(default="127.0.0.1", description="Mail server that messages are handed to.")
    smtp_port: int = Field(default=1025, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="How the connection to the mail server is secured; certificates are always checked."
    )
    smtp_username: str | None = Field(default=None, description="Name to log in with at the mail server; no login without it.")
    smtp_password: SecretStr | None = Field(default=None, description="Password at the mail server.")
    smtp_timeout_seconds: float = Field(
        default=20,
        gt=0,
        le=100,
        description="How long the mail server may take for one answer; below the lease in the region's policy.yaml.",
    )
    smtp_deduplicates: bool = Field(
        default=False,
        description="The mail server drops a second letter with the same Message-ID: then an unknown outcome is answered by sending again.",
    )
    smtp_connections: int = Field(default=8, ge=1, le=100, description="Most connections to the mail server at the same time.")
    smtp_letters_per_connection: int = Field(default=500, ge=1, description="Letters over one connection before it is closed.")
    smtp_idle_seconds: float = Field(default=20, gt=0, description="How long a connection may lie idle and still be used.")
    mail_from: str = Field(
        default="no-reply@loket.example.org",
        max_length=254,
        description="Address that messages come from; its domain stands in Message-IDs and calendar UIDs.",
    )
