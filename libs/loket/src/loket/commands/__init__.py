"""The commands of `loket`, one module each."""
