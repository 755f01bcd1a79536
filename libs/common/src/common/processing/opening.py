"""Opens the logbook of a service, and refuses a service that would process personal data outside of its register."""

from collections.abc import Iterable

from common.clock import Clock
from common.processing.logbook import Logbook
from common.processing.register import Register, Unregistered
from common.settings import LogbookSettings, ServiceSettings
from common.store.port import Store
from common.subscribing import Processing


def open_logbook(
    register: Register | None, settings: ServiceSettings, processings: Iterable[Processing], store: Store, clock: Clock
) -> Logbook | None:
    """None where nothing is done with personal data; raises `Unregistered`."""
    if register is None:
        for processing in processings:
            raise Unregistered(processing.action)
        return None
    if not isinstance(settings, LogbookSettings):
        raise TypeError("A service with a register of processing activities needs a key for pseudonyms: its settings are LogbookSettings.")
    logbook = Logbook(register, settings.pseudonym_key.get_secret_value(), store, clock)
    for processing in processings:
        logbook.action(processing.action)
    return logbook
