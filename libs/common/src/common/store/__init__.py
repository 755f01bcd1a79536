"""Where aggregates are kept: one port, an adapter for SQLite and one for MongoDB."""
