"""Certificates that are made for one test and trusted by its clients alone."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate of 127.0.0.1 and localhost, and its key."""

    cert_file: Path
    key_file: Path

    @property
    def settings(self) -> dict[str, object]:
        """What a server is started with to use it."""
        return {"tls_cert_file": self.cert_file, "tls_key_file": self.key_file}

    def trusting(self, *protocols: str) -> ssl.SSLContext:
        """A client's context that trusts it, and nothing else, and offers these protocols by ALPN."""
        context = ssl.create_default_context(cafile=str(self.cert_file))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


def make_certificate(directory: Path) -> Certificate:
    """A new one, in two files in `directory`."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    addresses = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(directory / "cert.pem", directory / "key.pem")
    made.cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made
