"""Who may do what over HTTP: scopes and roles, access tokens, the issuer's keys, and the guard that every route names its scope to."""
