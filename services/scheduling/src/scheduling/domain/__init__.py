"""Visits and agendas: what is planned, and the rules for planning it."""
