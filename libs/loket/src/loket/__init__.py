"""The platform on one machine: the `loket` command and what it runs."""
