"""Metrics: units in their names, labels from closed lists."""

from common.metrics import Metrics


def test_metrics_carry_their_unit_and_short_labels() -> None:
    metrics = Metrics("intake")

    families = {family.name for family in metrics.registry.collect()}
    assert families == {
        "loket_batch_seconds",
        "loket_breaker_open",
        "loket_consumer_hung",
        "loket_consumer_paused",
        "loket_critical_time_seconds",
        "loket_deliveries",
        "loket_events",
        "loket_http_gave_way",
        "loket_http_request_seconds",
        "loket_kafka_connected",
        "loket_kafka_fetch_age_seconds",
        "loket_lag_records",
        "loket_loop_lag_seconds",
        "loket_outbox_age_seconds",
        "loket_outbox_aggregates",
        "loket_parked_lanes",
        "loket_provider_connected",
        "loket_steps",
        "loket_store_connected",
        "loket_told",
    }


def test_two_services_in_one_process_do_not_share_their_metrics() -> None:
    first, second = Metrics("a"), Metrics("b")
    first.parked.set(3)

    assert second.parked._value.get() == 0
