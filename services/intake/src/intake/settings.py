"""What intake can be told beyond what every service can."""

from pathlib import Path

from pydantic import Field

from common.settings import LogbookSettings


class Settings(LogbookSettings):
    """Settings of intake."""

    port: int = Field(default=8001, ge=0, le=65535, description="Port to listen on.")
    sqlite_path: Path = Field(
        default=Path(".loket/stores/intake.sqlite"), description="File of the embedded store; used when there is no MONGO_URL."
    )
    partner_secrets_path: Path = Field(
        default=Path(".loket/secrets/partners"),
        description="Folder with a file per partner, named after it: its live signing secrets (whsec_ and base64), one per line; "
        "read again every ten seconds.",
    )
    events_per_batch: int = Field(default=100, ge=1, le=1000, description="Most events in one batch.")
    signature_window_seconds: int = Field(default=300, ge=1, le=3600, description="How old or early a signature may be.")
    partner_events_per_second: float = Field(
        default=500, gt=0, description="Events per second of a partner for which the region pack names no rate."
    )
    partner_burst: int = Field(default=2000, ge=1, description="Events that such a partner may send at once.")
