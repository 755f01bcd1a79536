"""A mailbox that takes every mail by SMTP and shows it in the browser; for one machine, never for production."""
