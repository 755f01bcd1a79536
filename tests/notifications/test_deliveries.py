"""What came of letters is counted, and a mail server that is away is said once, as is its return."""

from chassis import Log

from common.metrics import Metrics
from notifications.channels.deliveries import Deliveries
from notifications.domain import Delivery, Outcome

HUNG, SENT = Delivery(Outcome.UNKNOWN, "timeout"), Delivery(Outcome.SENT)


def test_a_server_that_hangs_is_one_line_and_a_gauge_and_its_return_another() -> None:
    metrics, log = Metrics("notifications"), Log()
    deliveries = Deliveries(metrics, log)

    for _ in range(3):
        deliveries.came(HUNG)
    deliveries.away("authentication")
    away = metrics.registry.get_sample_value("loket_provider_connected", {"channel": "email"})
    deliveries.came(Delivery(Outcome.PUT_OFF, "connect"))
    for _ in range(3):
        deliveries.came(SENT)

    assert (away, metrics.registry.get_sample_value("loket_provider_connected", {"channel": "email"})) == (0, 1)
    assert [(event, keys.get("reason")) for _, event, keys in log.lines] == [("mail server away", "timeout"), ("mail server back", None)]


def test_outcomes_are_counted_with_reasons_of_which_there_are_few() -> None:
    metrics = Metrics("notifications")
    deliveries = Deliveries(metrics, Log())

    for delivery in (SENT, HUNG, Delivery(Outcome.FAILED, "smtp_550"), Delivery(Outcome.FAILED, "smtp_551")):
        deliveries.came(delivery)

    def counted(outcome: str, reason: str) -> float | None:
        labels = {"channel": "email", "outcome": outcome, "reason": reason}
        return metrics.registry.get_sample_value("loket_deliveries_total", labels)

    assert [counted("sent", "none"), counted("unknown", "timeout"), counted("failed", "smtp_5xx")] == [1, 1, 2]
