"""The metrics of a service, each with its unit in the name; labels come from short, closed lists."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

CRITICAL = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """One registry per service, so that several services can live in one process."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self._service = service
        self.events = self._counter("loket_events", "Events taken from Kafka.", "topic", "outcome")
        self.critical = self._histogram("loket_critical_time_seconds", "Age of an event when its handler has finished.", "topic")
        self.batch = self._histogram("loket_batch_seconds", "Time to settle one batch.")
        self.told = self._counter("loket_told", "Events acknowledged by Kafka.", "topic")
        self.deliveries = self._counter("loket_deliveries", "Messages that a provider was to get.", "channel", "outcome", "reason")
        self.provider = self._gauge("loket_provider_connected", "1 while the provider of a channel lets us in and answers.", "channel")
        self.steps = self._counter("loket_steps", "Steps carried out.", "step", "outcome")
        self.outbox = self._gauge("loket_outbox_aggregates", "Aggregates with entries not carried out yet.")
        self.outbox_age = self._gauge("loket_outbox_age_seconds", "Age of the oldest entry not carried out yet.")
        self.lag = self._gauge("loket_lag_records", "Records of a topic not settled yet; NaN where that is not known.", "topic")
        self.kafka_connected = self._gauge("loket_kafka_connected", "1 while brokers answer the consumer.")
        self.fetch_age = self._gauge("loket_kafka_fetch_age_seconds", "Time since the last fetch that went well; NaN before the first.")
        self.store_connected = self._gauge("loket_store_connected", "1 while the store can be written and read; looked at every 5 s.")
        self.hung = self._gauge("loket_consumer_hung", "1 while records wait, Kafka answers and none has been settled for two minutes.")
        self.parked = self._gauge("loket_parked_lanes", "Lanes that wait for somebody's help.")
        self.paused = self._gauge(
            "loket_consumer_paused", "1 while partitions are paused because store, broker or provider is not available."
        )
        self.breaker = self._gauge("loket_breaker_open", "1 while the consumer has stopped because too many lanes were parked.")
        self.loop_lag = self._gauge("loket_loop_lag_seconds", "How late the event loop was at the last look.")
        self.requests = self._histogram("loket_http_request_seconds", "Time to answer a request.", "method", "route", "status")
        self.gave_way = self._counter("loket_http_gave_way", "Connections closed because all together, or one address, held too much.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self.registry, buckets=CRITICAL)
