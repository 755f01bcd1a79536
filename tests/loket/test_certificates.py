"""Certificates of the embedded Kafka hold for this machine, are believed by who has the authority's, and are renewed in time."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from loket.embedded import certificates as making
from loket.embedded.certificates import certificates


def test_kafkas_certificate_holds_for_this_machine_and_is_signed_by_the_authority(tmp_path: Path) -> None:
    files = certificates(tmp_path)
    shown, ca = (x509.load_pem_x509_certificate(path.read_bytes()) for path in (files.kafka, files.ca))
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    shown.verify_directly_issued_by(ca)
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert not _may_sign(shown)
    assert _may_sign(ca)
    assert ssl.create_default_context(cafile=str(files.ca)).verify_mode is ssl.CERT_REQUIRED


def test_the_one_key_that_is_kept_is_kafkas_and_nobody_elses_to_read(tmp_path: Path) -> None:
    files = certificates(tmp_path)
    text = files.kafka.read_bytes()
    key = load_pem_private_key(text, None)

    assert key.public_key() == x509.load_pem_x509_certificate(text).public_key()
    assert files.kafka.stat().st_mode & 0o777 == 0o600
    assert [path for path in tmp_path.rglob("*") if b"PRIVATE KEY" in path.read_bytes()] == [files.kafka]


def test_they_are_made_once_and_anew_before_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "VALID", timedelta(days=29))
    short = certificates(tmp_path).kafka.read_bytes()
    monkeypatch.undo()

    renewed = certificates(tmp_path).kafka.read_bytes()

    assert renewed != short
    assert certificates(tmp_path).kafka.read_bytes() == renewed


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
