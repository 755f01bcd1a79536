"""Counts a running platform from outside, by its log and its public answers, and names what does not add up; imports no service."""
