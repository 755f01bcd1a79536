"""Processing records after the standard Logboek Dataverwerkingen: what was done with personal data, whose and when, never the data."""
