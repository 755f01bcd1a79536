"""All four services in one process over a simulated log and store, in virtual time; every seed is another order of events and faults."""
