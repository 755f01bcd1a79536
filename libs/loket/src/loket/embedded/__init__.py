"""What one machine without Docker lacks: Kafka, a mailbox, and for tests a MongoDB-protocol server."""
