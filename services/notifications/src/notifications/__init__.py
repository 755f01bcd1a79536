"""Messages and contact preferences: who is told what, when, and in which language."""
