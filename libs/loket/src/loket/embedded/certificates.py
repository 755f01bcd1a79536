"""Certificates of the embedded Kafka: an authority that signs once and whose key is not kept, and what it signed for this machine."""

import ipaddress
import os
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from common.clock import SystemClock
from loket.embedded.child import HOST

NAME = "kafka"
VALID = timedelta(days=825)
RENEWED = timedelta(days=30)
"""So long before its end a certificate is made anew, at a start."""


class Certificates(NamedTuple):
    """The files: what clients believe, and what Kafka shows, with its key."""

    ca: Path
    kafka: Path


def certificates(folder: Path) -> Certificates:
    """Those that lie in a folder; made when there are none, or none that hold long enough."""
    files = Certificates(folder / "ca.crt", folder / "kafka.pem")
    if not _hold(files):
        folder.mkdir(parents=True, exist_ok=True)
        ca, kafka = _made()
        files.kafka.unlink(missing_ok=True)
        with os.fdopen(os.open(files.kafka, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(kafka)
        files.ca.write_bytes(ca)
    return files


def _hold(files: Certificates) -> bool:
    if not (files.ca.exists() and files.kafka.exists()):
        return False
    shown = x509.load_pem_x509_certificate(files.kafka.read_bytes())
    return shown.not_valid_after_utc - RENEWED > SystemClock().now()


def _made() -> tuple[bytes, bytes]:
    """The authority's certificate; Kafka's key and certificate. The authority's key is forgotten: it has nothing more to sign."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ours = _certificate("loket", authority, authority).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))])
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])  # to itself Kafka is a client too
    shown = _certificate(NAME, key, authority).add_extension(names, critical=False).add_extension(uses, critical=False)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    ca, kafka = (one.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) for one in (ours, shown))
    return ca, private + kafka


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, authority: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = SystemClock().now()
    issuer = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    builder = x509.CertificateBuilder().subject_name(_named(name)).issuer_name(_named("loket")).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1)).not_valid_after(now + VALID)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
