"""What each service is told by its environment."""

from collections.abc import Mapping

from common.access.issuing import ISSUER
from loket.embedded.child import HOST
from loket.supervisor.folder import StateFolder
from loket.supervisor.kafka_login import environment_of_kafka
from loket.supervisor.layout import Layout

EVERYWHERE = {"TRACE_RATIO": "0.1", "LOG_LEVEL": "info"}
DEFAULTS = {"notifications": {"SMTP_DEDUPLICATES": "true"}}
"""Of services on one machine, where nobody says otherwise: the built-in mailbox keeps a letter that comes twice once."""


def service_environment(service: str, layout: Layout, folder: StateFolder, environ: Mapping[str, str]) -> dict[str, str]:
    """What the caller's environment says wins, but over what wires the platform together: addresses, ports, files and keys."""
    caller = {name: value for name, value in environ.items() if not name.startswith("KAFKA_")}
    kafka = environment_of_kafka(service, layout, folder, environ)
    return DEFAULTS.get(service, {}) | EVERYWHERE | caller | kafka | _common(service, layout, folder) | _own(service, layout, folder)


def _common(service: str, layout: Layout, folder: StateFolder) -> dict[str, str]:
    return {
        "HOST": HOST,
        "PORT": str(layout.ports.by_name()[service]),
        "METRICS_PORT": str(layout.ports.metrics(service)),
        "REGION_PATH": str(layout.region),
        "OIDC_ISSUER": ISSUER,
        "OIDC_JWKS": str(folder.public_keys),
        "CLOCK_FILE": str(folder.clock),
        "ENVIRONMENT": "local",
    } | ({"MONGO_URL": layout.mongo_url} if layout.mongo_url else {"SQLITE_PATH": str(folder.store(service))})


def _own(service: str, layout: Layout, folder: StateFolder) -> dict[str, str]:
    if service == "intake":
        return {"PARTNER_SECRETS_PATH": str(folder.partner_secrets), "PSEUDONYM_KEY": folder.pseudonym_key()}
    if service == "notifications":
        mail = {"SMTP_HOST": HOST, "SMTP_PORT": str(layout.ports.smtp)}
        return mail | {"PSEUDONYM_KEY": folder.pseudonym_key()}
    return {}
