"""Secrets Manager's host name on loopback, by a certificate authority made at run time.

The loader does not know of it: programs that load it get another socket.getaddrinfo, and a file of
roots with the new authority.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

REGION = "us-west-2"
HOST = f"secretsmanager.{REGION}.amazonaws.com"
LAMBDA = Path(__file__).resolve().parents[1] / "deploy" / "lambda"


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority's certificate; the server's certificate and key."""

    authority: Path
    chain: Path
    key: Path


def make_certificates(folder: Path, host: str = HOST) -> Certificates:
    """A new authority, and a certificate of it for `host`, good for an hour."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("Miyabi test authority")
    authority = (
        _builder(issuer, issuer, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _builder(_name(host), issuer, server_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    files = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files.chain.write_bytes(server.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def copy_core(folder: Path, roots: str) -> Path:
    """A copy of the loader with other roots, in a folder for sys.path. Returns the folder."""
    shutil.copytree(
        LAMBDA / "core", folder / "core", ignore=shutil.ignore_patterns("__pycache__", "*.pem")
    )
    (folder / "core" / "amazon-roots.pem").write_text(roots, encoding="utf-8")
    return folder


# What a program runs first: the host's name leads to a port on loopback, for every library alike.
REDIRECT = """
import socket
_found = socket.getaddrinfo
def getaddrinfo(host, port, *more, **named):
    if host in ({host!r}, {host!r}.encode()):
        host, port = b"127.0.0.1", {port}
    return _found(host, port, *more, **named)
socket.getaddrinfo = getaddrinfo
"""
