"""What reporting can be told by its environment."""

from pathlib import Path

from pydantic import Field

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Those of every service, and reporting's own."""

    sqlite_path: Path = Field(
        default=Path(".loket/stores/reporting.sqlite"), description="File of the embedded store's first generation; see GENERATION_FILE."
    )
    generation_file: Path | None = Field(
        default=None, description="File that names the generation in use, by default beside the store; with MongoDB, MONGO_DATABASE does."
    )
    refresh_seconds: float = Field(
        default=60.0, ge=0.1, le=86_400, description="Time between two looks at whether figures of the running period have changed."
    )
    duckdb_memory_mb: int = Field(
        default=256, ge=64, le=65_536, description="Most memory for computing figures; beyond it DuckDB uses the temporary folder."
    )
