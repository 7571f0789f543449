"""What is registered is written as the schema wants it, and nothing of it gets lost on the wire."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.sf1590 import registration
from app.sf1590.envelope import unwrap
from app.sf1590.exchange import REGISTRATION_SCHEMA
from app.sf1590.guard import BadMessage, validate
from app.sf1590.outcome import Accepted, Rejected
from app.sf1590.registration import Claim, Collection, Demand, Liable, Lowered, Registration
from tests.sf1590 import answers
from tests.sf1590.written import AT, HEADING, every, names, one, over_the_wire, texts

ACCEPT = answers.ACCEPTED.replace("DebitorIndbetalingAccept", "DebitorRegistreringAccept")
REJECT = f"<DebitorRegistreringAfvisning>{answers.REASON}</DebitorRegistreringAfvisning>"
DAY = date(2026, 3, 4)

danish = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added
amounts = st.integers(0, 10**12 - 1)


def text(longest: int) -> st.SearchStrategy[str]:
    return st.text(danish, max_size=longest)


claims = st.builds(
    Claim,
    claim_id=st.uuids(),
    registered_at=moments,
    type_id=st.uuids(),
    principal_ore=amounts,
    founded_on=days,
    due_on=days,
    last_timely_on=days,
    origin_ref=text(30),
    text_lines=st.lists(text(255), max_size=3).map(tuple),
    period_from=st.none() | days,
    period_to=st.none() | days,
)
cprs = st.from_regex(r"[4-7][0-9]{9}", fullmatch=True)
registrations = st.builds(
    Registration,
    account=st.uuids(),
    opened_at=moments,
    creator_system=st.uuids(),
    claims=st.lists(claims, max_size=2).map(tuple),
    liable=st.lists(
        st.builds(Liable, liability_id=st.uuids(), registered_at=moments, from_on=days, cpr=cprs), max_size=2
    ).map(tuple),
    lowered=st.lists(
        st.builds(
            Lowered,
            lowered_id=st.uuids(),
            claim_id=st.uuids(),
            made_at=moments,
            amount_ore=amounts,
            text=text(100),
            is_whole=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    demand=st.none()
    | st.builds(
        Demand,
        demand_id=st.uuids(),
        sent_at=moments,
        title=text(100),
        due_on=days,
        creditor_number=st.none() | st.integers(0, 99_999_999),
        payment_reference=st.none() | text(35),
    ),
)


def moment(said: str) -> datetime:
    return datetime.fromisoformat(said).astimezone(UTC)


def ore(said: str) -> int:
    return int(Decimal(said) * 100)


def maybe_day(said: str | None) -> date | None:
    return None if said is None else date.fromisoformat(said)


def claim_of(registered: etree._Element) -> Claim:
    said = texts(one(registered, "Fordring"))
    return Claim(
        claim_id=UUID(said["FordringIdentifikation"]),
        registered_at=moment(said["FordringRegistreringDatoTid"]),
        type_id=UUID(said["FordringSortimentIdentifikation"]),
        principal_ore=ore(said["FordringBeløb"]),
        founded_on=date.fromisoformat(said["FordringStiftelseDato"]),
        due_on=date.fromisoformat(said["FordringForfaldDato"]),
        last_timely_on=date.fromisoformat(said["FordringSidsteRettidigeBetalingDato"]),
        origin_ref=said["FordringOprindelseReference"],
        text_lines=tuple(texts(line)["FordringTekstLinjeTekst"] for line in every(registered, "FordringTekstLinje")),
        period_from=maybe_day(said.get("FordringPeriodeFraOgMedDato")),
        period_to=maybe_day(said.get("FordringPeriodeTilOgMedDato")),
    )


def liable_of(registered: etree._Element) -> Liable:
    said = texts(one(registered, "Hæftelse"))
    return Liable(
        UUID(said["HæftelseIdentifikation"]),
        moment(said["HæftelseRegistreringDatoTid"]),
        date.fromisoformat(said["HæftelseFraOgMedDato"]),
        texts(one(registered, "ØIRPart"))["ØIRPartURN"].removeprefix("urn:oio:cpr-nr:"),
    )


def lowered_of(registered: etree._Element) -> Lowered:
    said = texts(one(registered, "FordringNedregulering"))
    return Lowered(
        UUID(said["FordringNedreguleringIdentifikation"]),
        UUID(texts(one(registered, "Fordring"))["FordringIdentifikation"]),
        moment(said["FordringNedreguleringRegistreringDatoTid"]),
        ore(said["FordringNedreguleringBeløb"]),
        said["FordringNedreguleringÅrsagTekst"],
        is_whole=said.get("FordringNedreguleringBortfaldMarkering") == "true",
    )


def demand_of(element: etree._Element) -> Demand:
    said = texts(element)
    number = said.get("OpkrævningKreditornummer")
    return Demand(
        UUID(said["OpkrævningIdentifikation"]),
        moment(said["OpkrævningRegistreringDatoTid"]),
        said["OpkrævningTitel"],
        date.fromisoformat(said["OpkrævningSidsteRettidigeBetalingDato"]),
        None if number is None else int(number),
        said.get("OpkrævningBetalingsidentifikation"),
    )


def read(root: etree._Element) -> Registration:
    account = texts(one(root, "Debitorkonto"))
    return Registration(
        UUID(account["DebitorkontoIdentifikation"]),
        moment(account["DebitorkontoRegistreringDatoTid"]),
        UUID(texts(one(root, "OprettetAf"))["OprettetAfItSystemInstans"]),
        tuple(claim_of(claim) for claim in every(root, "FordringRegistrering")),
        tuple(liable_of(liable) for liable in every(root, "HæftelseRegistrering")),
        tuple(lowered_of(lowered) for lowered in every(root, "FordringNedreguleringRegistrering")),
        next((demand_of(demand) for demand in every(root, "Opkrævning")), None),
    )


@given(registrations)
def test_what_is_registered_is_read_back_equal(sent: Registration) -> None:
    root = over_the_wire(registration.request(sent, HEADING))
    validate(root, REGISTRATION_SCHEMA)
    assert read(root) == sent


def test_the_parts_stand_in_the_order_of_the_model() -> None:
    ids = [UUID(int=number) for number in range(2, 9)]
    claim = Claim(ids[0], AT, ids[1], 6_000, DAY, DAY, DAY, "4711", ("Gebyr", "Bien & bjørnen"))
    sent = Registration(
        ids[2],
        AT,
        ids[3],
        (claim,),
        (Liable(ids[4], AT, DAY, answers.CPR),),
        (Lowered(ids[5], ids[0], AT, 1_000, "Halv pris", is_whole=False),),
        Demand(ids[6], AT, "Regning", DAY, 80990127, "123"),
    )
    root = over_the_wire(registration.request(sent, HEADING))
    validate(root, REGISTRATION_SCHEMA)
    assert names(root) == [
        "HovedOplysninger",
        "Debitorkonto",
        "FordringRegistrering",
        "HæftelseRegistrering",
        "FordringNedreguleringRegistrering",
        "Opkrævning",
        "OprettetAf",
    ]
    assert names(root[2]) == ["Fordring", "FordringTekstLinje", "FordringTekstLinje"]
    assert texts(one(root, "OprettetAf"))["OprettetAfVirksomhed"] == "urn:oio:cvr-nr:99099119"


def test_a_claim_is_put_up_for_collection() -> None:
    root = over_the_wire(registration.collection_request(Collection(UUID(int=2), UUID(int=3), DAY), HEADING))
    validate(root, REGISTRATION_SCHEMA)
    assert names(root) == ["HovedOplysninger", "Debitorkonto", "Fordring"]
    assert texts(root[2]) == {
        "FordringIdentifikation": str(UUID(int=3)),
        "FordringSidsteRettidigeBetalingDato": "2026-03-04",
    }


def answered(inside: str, operation: str = registration.REGISTER) -> Accepted | Rejected:
    answer = unwrap(answers.answer(operation, inside))
    validate(answer, REGISTRATION_SCHEMA)
    return registration.answer_from(answer)


@pytest.mark.parametrize("operation", [registration.REGISTER, registration.COLLECT])
def test_accepted_with_remarks_and_rejected_with_a_reason(operation: str) -> None:
    assert answered(ACCEPT, operation) == Accepted(AT, ())
    remarked = answered(
        f"<DebitorRegistreringAccept><Bemærkning>{answers.REASON}</Bemærkning></DebitorRegistreringAccept>", operation
    )
    assert isinstance(remarked, Accepted)
    assert [reason.words for reason in remarked.remarks] == ["Afvist: Restancen afviger"]
    rejected = answered(REJECT, operation)
    assert isinstance(rejected, Rejected)
    assert rejected.reason.code == "R17"


@pytest.mark.parametrize("inside", ["<DebitorRegistreringAccept/>", ACCEPT + REJECT, "<Noget/>"])
def test_an_answer_that_breaks_the_schema_is_refused(inside: str) -> None:
    with pytest.raises(BadMessage):
        answered(inside)
