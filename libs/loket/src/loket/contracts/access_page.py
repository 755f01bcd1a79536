"""The page of who may do what: roles and scopes, and the scope that each route names."""

from collections.abc import Iterator

from common.access.scopes import ROLES, SCOPES
from loket.contracts.openapi import openapi
from loket.contracts.services import Platform
from loket.contracts.written import GENERATED, as_table

_INTRODUCTION = """\
Every route but health, metrics and the papers (`/docs`, `/openapi.json`) wants an access token as bearer: a JWT after RFC 9068, signed
by the issuer of `OIDC_ISSUER` with a key of `OIDC_JWKS` (Ed25519, P-256 or RSA from 2048 bits; `EdDSA`, `ES256`, `RS256`, `PS256`).
Wanted in it:

* `typ` `at+jwt` and `kid` in the header; `iss`, `aud`, `sub`, `iat`, `exp`; `nbf` where there is one. Half a minute is forgiven.
* `aud`: that of the platform (`OIDC_AUDIENCE`), or that with a colon and a service's name, good there alone.
* `scope`: scopes parted by blanks, as below.
* `locations` and `organisations`: lists of names of the region pack, `["*"]` for all. **Who is given none reaches none.** `locations`
  limits what is at desks; `organisations` limits that too, and cases (to those with a formality of the organisation). Messages and
  timelines know no organisation: they are for `["*"]`. An appointment is changed by who acts for the organisation of its desk; a whole
  visit is cancelled or moved by who acts for every organisation at whose desk it has an appointment (403 for others).
* `partner`: for the role partner, its name in the region pack.

What is beyond a caller's reach is answered with the 404 of what does not exist. No token, or a wrong one: 401. Without the scope: 403,
which names it. Partners may sign instead (Standard Webhooks). On one machine `loket token --role …` signs with a key under `.loket/`."""


def access_page(platform: Platform) -> str:
    """The page."""
    roles = as_table(
        ["role", *ROLES],
        [[f"`{scope}` {text}", *("x" if scope in held else "" for held in ROLES.values())] for scope, text in SCOPES.items()],
    )
    routes = as_table(["service", "route", "scope"], _routes(platform))
    return f"# Who may do what\n\n{GENERATED}\n\n{_INTRODUCTION}\n\n## Roles\n\n{roles}\n\n## Routes\n\n{routes}\n"


def _routes(platform: Platform) -> Iterator[list[str]]:
    for service in platform:
        for path, item in openapi(service)["paths"].items():
            for method, said in item.items():
                [scope] = said["security"][0]["bearer"]
                yield [service.name, f"`{method.upper()} {path}`", f"`{scope}`"]
