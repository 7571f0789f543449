"""Claims of several brokers become the same citizen; what is missing is named."""

from datetime import UTC, datetime

import pytest

from app.config import Settings
from app.identity.people import NoCpr, TooLowAssurance, moment, read_citizen, read_staff

NAMES = Settings(_env_file=None).citizen_oidc.claims  # type: ignore[call-arg]  # pydantic-settings' own argument
LEVELS = Settings(_env_file=None).citizen_oidc.accepted_loa  # type: ignore[call-arg]  # as above
WHO = {"iss": "https://broker.example", "sub": "s"}


@pytest.mark.parametrize(
    "claims",
    [
        {
            "dk.cpr": "7405842144",
            "mitid.identity_name": "Kirsten Lund",
            "loa": "https://data.gov.dk/concept/core/nsis/Substantial",
        },
        {"cprNumberIdentifier": "740584-2144", "name": "Kirsten Lund", "acr": "urn:grn:authn:dk:mitid:high"},
        {"dk_ssn": "7405842144", "name": " Kirsten Lund ", "mitid_loa": "Substantial"},
        {
            "https://data.gov.dk/model/core/eid/cprNumber": "7405842144",
            "https://data.gov.dk/model/core/eid/firstName": "Kirsten",
            "https://data.gov.dk/model/core/eid/lastName": "Lund",
            "https://data.gov.dk/concept/core/nsis/loa": "High",
        },
    ],
)
def test_every_brokers_way_of_speaking_is_understood(claims: dict[str, object]) -> None:
    found = read_citizen(WHO | claims, names=NAMES, accepted_loa=LEVELS)
    assert (found.cpr, found.name, found.issuer, found.subject) == ("7405842144", "Kirsten Lund", *WHO.values())


def test_a_level_that_is_not_accepted_is_refused_and_an_empty_list_accepts_any() -> None:
    claims = WHO | {"dk.cpr": "7405842144", "loa": "https://data.gov.dk/concept/core/nsis/Low"}
    with pytest.raises(TooLowAssurance) as refused:
        read_citizen(claims, names=NAMES, accepted_loa=LEVELS)
    assert refused.value.loa == "https://data.gov.dk/concept/core/nsis/Low"
    assert read_citizen(claims, names=NAMES, accepted_loa=frozenset()).cpr == "7405842144"


def test_the_first_level_claim_decides_even_when_a_later_one_is_better() -> None:
    with pytest.raises(TooLowAssurance):
        read_citizen(WHO | {"dk.cpr": "7405842144", "loa": "Low", "acr": "High"}, names=NAMES, accepted_loa=LEVELS)


@pytest.mark.parametrize("cpr", [None, "", True, ["7405842144"], "740584214", "9999999999"])
def test_without_a_cpr_number_nobody_is_found_and_it_is_not_repeated(cpr: object) -> None:
    with pytest.raises(NoCpr) as refused:
        read_citizen(WHO | {"loa": "High", "dk.cpr": cpr}, names=NAMES, accepted_loa=LEVELS)
    assert "740584" not in str(refused.value)


def test_times_are_read_as_text_or_number() -> None:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    found = read_citizen(
        WHO | {"loa": "High", "dk.cpr": "7405842144", "session_expiry": "1795348800", "auth_time": 1795348800},
        names=NAMES,
        accepted_loa=LEVELS,
    )
    assert found.session_expires_at == found.auth_time == at
    unreadable: list[object] = ["x", True, None, [], "1e400", "nan"]
    assert [moment(odd) for odd in unreadable] == [None] * 6


def test_an_employee_without_a_name_is_called_by_their_subject() -> None:
    found = read_staff(WHO | {"cvr": 99099119, "privileges": ["urn:x"]}, names=NAMES, accepted_loa=frozenset())
    assert (found.name, found.cvr, found.privileges, found.email) == ("s", "99099119", ["urn:x"], None)
