"""Everybody outside: partners that hand in at a rate of their own, and desks and staff at work, each call in a ledger."""
