"""Client certificates as a proxy tells of them: read, compared, and judged by their dates."""

import base64
import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation import certificates
from tests.demo import NOW
from tests.foundation.certified import Certified, certified


@pytest.fixture(scope="module")
def own() -> Certified:
    return certified(valid_from=NOW - timedelta(days=1), valid_to=NOW + timedelta(days=1))


def test_the_proxys_header_is_read(own: Certified) -> None:
    found = certificates.presented(own.header)
    assert found.fingerprint == hashlib.sha256(own.der).hexdigest()
    assert (found.valid_from, found.valid_to) == (NOW - timedelta(days=1), NOW + timedelta(days=1))


def test_one_of_the_accepted_in_force_is_accepted(own: Certified) -> None:
    accepted = ("0" * 64, own.fingerprint)
    assert certificates.accept(own.header, accepted=accepted, now=NOW).fingerprint == own.fingerprint


@pytest.mark.parametrize("days", [-2, 2])
def test_outside_its_dates_it_is_not(own: Certified, days: int) -> None:
    with pytest.raises(certificates.NotAccepted, match="outside its dates"):
        certificates.accept(own.header, accepted=(own.fingerprint,), now=NOW + timedelta(days=days))


@pytest.mark.parametrize("accepted", [(), ("0" * 64,)], ids=str)
def test_another_is_not(own: Certified, accepted: tuple[str, ...]) -> None:
    with pytest.raises(certificates.NotAccepted, match="not accepted"):
        certificates.accept(own.header, accepted=accepted, now=NOW)


@pytest.mark.parametrize("header", [
    None, "", ":", "::", ":AAAA:", ":not base64:", "AAAA", ":" + "A" * 20000 + ":",
    f":{base64.b64encode(b'x' * 900).decode()}:",
], ids=lambda one: str(one)[:20])  # fmt: skip
def test_what_is_no_certificate_is_none(header: str | None) -> None:
    with pytest.raises(certificates.NoCertificate):
        certificates.presented(header)


@given(st.text(max_size=100))
def test_no_header_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(certificates.NoCertificate):
        certificates.presented(text)


def test_a_setting_names_fingerprints_and_certificates_once_each(own: Certified) -> None:
    colons = ":".join(own.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    other = "ab" * 32
    assert certificates.fingerprints(f"{colons}, {other}\n{own.pem}{own.fingerprint}") == (own.fingerprint, other)
    assert certificates.fingerprints("") == ()


@pytest.mark.parametrize("text", ["abc", "g" * 64, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_a_setting_that_names_something_else_is_refused(text: str) -> None:
    with pytest.raises(certificates.NotAFingerprint):
        certificates.fingerprints(text)
