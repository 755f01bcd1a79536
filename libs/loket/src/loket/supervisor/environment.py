"""What each service is told by its environment."""

from collections.abc import Mapping

from common.access.issuing import ISSUER
from loket.embedded.child import HOST
from loket.supervisor.folder import StateFolder
from loket.supervisor.layout import Layout


def service_environment(service: str, layout: Layout, folder: StateFolder, environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with ours on top; LOG_LEVEL and TRACE_RATIO stay as the caller set them."""
    return {"TRACE_RATIO": "0.1", "LOG_LEVEL": "info"} | dict(environ) | _common(service, layout, folder) | _own(service, layout, folder)


def _common(service: str, layout: Layout, folder: StateFolder) -> dict[str, str]:
    return {
        "HOST": HOST,
        "PORT": str(layout.ports.by_name()[service]),
        "KAFKA_BOOTSTRAP_SERVERS": layout.bootstrap,
        "REGION_PATH": str(layout.region),
        "OIDC_ISSUER": ISSUER,
        "OIDC_JWKS": str(folder.public_keys),
        "CLOCK_FILE": str(folder.clock),
        "ENVIRONMENT": "local",
    } | ({"MONGO_URL": layout.mongo_url} if layout.mongo_url else {"SQLITE_PATH": str(folder.store(service))})


def _own(service: str, layout: Layout, folder: StateFolder) -> dict[str, str]:
    if service == "intake":
        return {"PARTNER_SECRETS_PATH": str(folder.partner_secrets)}
    if service == "notifications":
        return {"SMTP_HOST": HOST, "SMTP_PORT": str(layout.ports.smtp), "SMTP_DEDUPLICATES": "true"}
    return {}
