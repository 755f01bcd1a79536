"""Cases, what partners hand in, and the dated rules that decide what becomes of it."""
