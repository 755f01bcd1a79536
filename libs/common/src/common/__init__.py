"""Plumbing and vocabulary that the services share; it knows none of them."""
