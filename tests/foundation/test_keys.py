"""The demonstration makes its own keys once, and says nothing over what has been said."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.foundation.certificates import ends_at, fingerprints
from app.foundation.keys import client_certificate_pem, make_demo_environment, private_key_pem


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "one.pem"
    made = private_key_pem(path)
    assert private_key_pem(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_pem_private_key(made.encode(), None)
    assert sorted(file.name for file in path.parent.iterdir()) == ["one.pem"]


def test_an_interrupted_making_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "one.new").write_text("half a k")
    assert load_pem_private_key(private_key_pem(tmp_path / "one.pem").encode(), None)


def test_what_has_been_said_stands(tmp_path: Path) -> None:
    environment = {"BDK_STANDINS_PORT": "5199", "BDK_FBS_BASE_URL": "https://real.example"}
    make_demo_environment(environment, var=tmp_path)
    assert environment["BDK_FBS_BASE_URL"] == "https://real.example"
    assert environment["BDK_STRIPE_API_BASE"] == "http://localhost:5199/stripe"
    assert environment["BDK_CITIZEN_OIDC_CLIENT_KEY"] != environment["BDK_STAFF_OIDC_CLIENT_KEY"]
    again = dict(environment)
    make_demo_environment(again, var=tmp_path)
    assert again == environment


def test_the_standins_certificate_is_made_once_and_anew_before_it_ends(tmp_path: Path) -> None:
    path, now = tmp_path / "keys" / "client.pem", datetime.now(UTC)
    made = client_certificate_pem(path, now=now)
    assert client_certificate_pem(path, now=now + timedelta(days=300)) == made
    later = now + timedelta(days=364, hours=1)
    assert client_certificate_pem(path, now=later) != made
    assert ends_at(path) > later + timedelta(days=300)
    assert stat.S_IMODE(path.with_suffix(".key.pem").stat().st_mode) == 0o600


def test_the_portal_of_a_demonstration_knows_the_standins_certificate(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    make_demo_environment(environment, var=tmp_path)
    pem = (tmp_path / "keys" / "standins-client.pem").read_text()
    assert fingerprints(environment["BDK_LEDGER_CLIENT_CERTIFICATES"]) == fingerprints(pem)
    assert fingerprints(environment["BDK_BESKEDFORDELER_CLIENT_CERTIFICATES"]) == fingerprints(pem)
