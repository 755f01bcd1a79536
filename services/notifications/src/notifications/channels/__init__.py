"""Ways by which messages leave: e-mail over SMTP."""
