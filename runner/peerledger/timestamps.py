"""RFC 3161: an authority attests when a checkpoint was there, and no more: it stamps two forks gladly."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from peerledger.answers import post_checkpoint
from peerledger.errors import RunnerError

_TYPES = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def load_certificates(path: Path) -> list[x509.Certificate]:
    """The authority's own, in PEM: at least the root."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except ValueError:
        problem = "holds no certificate in PEM"
    raise RunnerError(f"PEERLEDGER_SEAL_TSA_CA_FILE: {path} {problem}.", 2)


def stamp(text: bytes, url: str, certificates: Sequence[x509.Certificate]) -> tuple[bytes, datetime]:
    """The authority's answer, which `openssl ts -verify -in` reads, and its time.

    Raises RunnerError unless it is an answer to this request and signed by whom these certificates name.
    """
    request = (
        TimestampRequestBuilder()
        .data(text)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    token = post_checkpoint("PEERLEDGER_SEAL_TSA_URL", url, request.as_bytes(), _TYPES).body
    judge = VerifierBuilder.from_request(request)
    for certificate in certificates:
        if certificate.issuer == certificate.subject:
            judge = judge.add_root_certificate(certificate)
        else:
            judge = judge.add_intermediate_certificate(certificate)
    try:
        response = decode_timestamp_response(token)
        judge.build().verify_message(response, text)
    except (VerificationError, ValueError) as error:
        raise RunnerError(f"The time stamp of the checkpoint is not valid: {error}.") from None
    return token, response.tst_info.gen_time


def authority(token: bytes) -> str:
    """Who signed a time stamp, by the certificates in it: the one that has issued none of the others."""
    held = decode_timestamp_response(token).signed_data.certificates
    certificates = [x509.load_der_x509_certificate(each) for each in held]
    issuers = {certificate.issuer for certificate in certificates}
    return next((each.subject.rfc4514_string() for each in certificates if each.subject not in issuers), "")
