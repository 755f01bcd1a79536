"""Scheduling gives every case that needs a desk one visit that settles everything."""
