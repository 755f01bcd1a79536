"""The table of everything that the services can be told by their environment."""

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from common.settings import ServiceSettings
from loket.contracts.services import Platform
from loket.contracts.written import GENERATED, as_table

_INTRODUCTION = (
    "A setting is an environment variable, or a file of the same name in small letters under `/run/secrets`: so secrets come in.\n"
    "The environment wins over the file, the file over the default."
)


def settings_page(platform: Platform) -> str:
    """The page: what all services share, then what each adds or sets otherwise."""
    parts = ["# Settings", GENERATED, _INTRODUCTION, "## Every service", _table(ServiceSettings.model_fields)]
    for service in platform:
        own = {name: field for name, field in service.settings.model_fields.items() if not _inherited(name, field)}
        parts += [f"## {service.name}", _table(own) if own else "Nothing beyond what every service can be told."]
    return "\n\n".join(parts) + "\n"


def environment_names(settings: type[ServiceSettings]) -> set[str]:
    """The environment variables that a service reads."""
    return {name.upper() for name in settings.model_fields}


def _inherited(name: str, field: FieldInfo) -> bool:
    common = ServiceSettings.model_fields.get(name)
    return common is not None and (common.default, common.description) == (field.default, field.description)


def _table(fields: dict[str, FieldInfo]) -> str:
    return as_table(
        ["name", "default", "meaning"], [[f"`{name.upper()}`", _default(field), field.description or ""] for name, field in fields.items()]
    )


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined and field.default_factory is None:
        return "**must be given**"
    value = field.get_default(call_default_factory=True)
    return "none" if value is None else f"`{value}`" if str(value) else "empty"
