"""Many clients after few slots: a town, the clients with their ledger, and what must hold when they have finished."""
