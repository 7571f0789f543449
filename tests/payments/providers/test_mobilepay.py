"""What the MobilePay adapter makes of a sales unit's payments: the stand-in answers, as the vendor documents it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.payments.movements import Illegible, Movement, MovementKind
from app.payments.port import (
    BadNotice,
    Method,
    Order,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
    RefundStanding,
    Standing,
)
from app.payments.providers import mobilepay_report
from app.payments.providers.mobilepay import EVENTS, MobilePayProvider
from app.payments.providers.mobilepay_report import ReportKeys
from app.payments.providers.mobilepay_wire import Keys, Timeouts
from app.payments.registration import RegistersNotices
from standins.frame import Served, serve_in_thread
from standins.mobilepay.webhooks import signed

URL = "http://localhost:5000/hooks/mobilepay"
KEYS = Keys("standin-client", "standin-secret", "standin-subscription", "123456")
REPORT = ReportKeys("standin-accounting", "standin-accounting-secret")
QUICK = Timeouts(connect_seconds=1, total_seconds=4)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # Nobody listens where the notices go.
    with serve_in_thread("http://localhost:9", tmp_path_factory.mktemp("keys")) as running:
        yield running


class Unit:
    """A sales unit that is new, and the hand that moves the world around it."""

    def __init__(self, url: str) -> None:
        self.url = url
        httpx.post(f"{url}/control/reset").raise_for_status()
        self.provider = self.made()

    def made(self, **more: Any) -> MobilePayProvider:
        chosen = {"webhook_secrets": ["old", "new"], "report_keys": REPORT, **more}
        return MobilePayProvider(KEYS, base_url=f"{self.url}/mobilepay", notice_url=URL, timeouts=QUICK, **chosen)

    def test(self, what: str, **body: object) -> Any:
        answer = httpx.post(f"{self.url}/mobilepay/test/{what}", json=body)
        answer.raise_for_status()
        return answer.json()

    def opened(self, amount_ore: int = 25_000) -> str:
        asked = order(amount_ore)
        parameters = self.provider.prepare(asked, method=Method.MOBILEPAY)
        return self.provider.start(parameters, key=f"checkout-{asked.payment_id}").reference

    def paid(self, amount_ore: int = 25_000) -> str:
        reference = self.opened(amount_ore)
        self.test(f"approve/{reference}")
        self.provider.capture(reference, amount_ore=amount_ore, key=f"capture-{reference}")
        return reference

    def shown(self, reference: str) -> Any:
        payments = httpx.get(f"{self.url}/control/mobilepay/state").json()["payments"]
        return next(one for one in payments if one["reference"] == reference)


@pytest.fixture
def unit(served: Served) -> Unit:
    return Unit(served.url)


def order(amount_ore: int = 25_000, payee: str = "Fjordby Kommune") -> Order:
    back = "https://portal.example/betal/x"
    return Order(uuid4(), amount_ore, payee, back, f"{back}?afbrudt=1", "da", datetime.now(UTC))


def test_what_is_sent_says_nothing_of_the_bills(unit: Unit) -> None:
    asked = order(payee="K" * 200)
    parameters = unit.provider.prepare(asked, method=Method.MOBILEPAY)
    assert parameters == {
        "amount": {"currency": "DKK", "value": 25_000},
        "paymentMethod": {"type": "WALLET"},
        "reference": str(asked.payment_id),
        "userFlow": "WEB_REDIRECT",
        "returnUrl": asked.return_url,
        "paymentDescription": ("Betaling til " + "K" * 200)[:100],
    }
    assert unit.provider.start(parameters, key="checkout-1").reference == str(asked.payment_id)


def test_a_forgotten_key_finds_the_payment_by_its_reference(unit: Unit) -> None:
    asked = order()
    parameters = unit.provider.prepare(asked, method=Method.MOBILEPAY)
    first = unit.provider.start(parameters, key="checkout-1")
    assert unit.provider.start(parameters, key="the first key was forgotten") == first
    unit.test(f"approve/{first.reference}")
    later = unit.provider.start(parameters, key="and so was the second")
    assert (later.reference, later.redirect_url) == (first.reference, asked.return_url)


@pytest.mark.parametrize(
    ("answered", "standing"),
    [
        ("approve", Standing.AUTHORISED),
        ("refuse", Standing.CANCELLED),
        ("expire", Standing.EXPIRED),
        ("never-answer", Standing.AWAITING),
    ],
)
def test_how_the_citizen_answered(unit: Unit, answered: str, standing: Standing) -> None:
    reference = unit.opened()
    unit.test(f"{answered}/{reference}")
    state = unit.provider.fetch(reference)
    assert (state.standing, state.amount_ore, state.payment_id) == (standing, 25_000, UUID(reference))
    assert (state.redirect_url is not None) is (standing is Standing.AWAITING)
    assert (state.charge_reference, state.refunds) == (None, ())


@pytest.mark.parametrize("amount_ore", [151, 182, 183, 184, 186, 187, 201])
def test_a_try_that_failed_or_is_not_known_leaves_the_payment_open(unit: Unit, amount_ore: int) -> None:
    reference = unit.opened(amount_ore)
    unit.test(f"approve/{reference}")
    assert unit.provider.fetch(reference).standing is Standing.AWAITING


def test_the_money_is_taken_once_under_its_key(unit: Unit) -> None:
    reference = unit.opened()
    with pytest.raises(ProviderRefused) as early:
        unit.provider.capture(reference, amount_ore=25_000, key="capture-0")
    assert early.value.code == "6080"
    unit.test(f"approve/{reference}")
    unit.test("next-answer", status=500, operation="capture")
    with pytest.raises(OutcomeUnknown):
        unit.provider.capture(reference, amount_ore=25_000, key="capture-1")
    state = unit.provider.capture(reference, amount_ore=25_000, key="capture-1")
    assert (state.standing, state.amount_ore, state.method_detail) == (Standing.PAID, 25_000, "MobilePay")
    assert state.charge_reference
    assert unit.provider.fetch(reference) == state
    assert unit.provider.capture(reference, amount_ore=25_000, key="the key was forgotten") == state
    assert unit.shown(reference)["captured_ore"] == 25_000


@pytest.mark.parametrize(("code", "error"), [("6280", OutcomeUnknown), ("6260", ProviderUnavailable)])
def test_a_capture_that_failed_is_made_again_with_its_key(unit: Unit, code: str, error: type[Exception]) -> None:
    reference = unit.opened()
    unit.test(f"approve/{reference}")
    unit.test("next-answer", code=code, operation="capture")
    with pytest.raises(error):
        unit.provider.capture(reference, amount_ore=25_000, key="capture-1")
    assert unit.provider.capture(reference, amount_ore=25_000, key="capture-1").standing is Standing.PAID


def test_another_amount_under_the_same_key_is_refused(unit: Unit) -> None:
    reference = unit.paid()
    with pytest.raises(ProviderRefused) as refused:
        unit.provider.capture(reference, amount_ore=1, key=f"capture-{reference}")
    assert refused.value.code == "4010"


def test_a_part_that_was_taken_is_money_taken(unit: Unit) -> None:
    reference = unit.opened()
    unit.test(f"approve/{reference}")
    state = unit.provider.capture(reference, amount_ore=10_000, key="capture-1")
    assert (state.standing, state.amount_ore) == (Standing.PAID, 10_000)


def test_closing_takes_nothing_back_that_was_approved(unit: Unit) -> None:
    still_open, approved = unit.opened(), unit.opened()
    assert [unit.provider.expire(still_open).standing for _twice in range(2)] == [Standing.CANCELLED] * 2
    unit.test(f"approve/{approved}")
    assert unit.provider.expire(approved).standing is Standing.AUTHORISED


def test_one_that_is_being_processed_is_closed_later_or_never(unit: Unit) -> None:
    reference = unit.opened(201)
    unit.test(f"approve/{reference}")
    with pytest.raises(ProviderUnavailable):
        unit.provider.expire(reference)
    unit.test("clock", seconds=3601)
    assert unit.provider.expire(reference).standing is Standing.AUTHORISED


def test_a_reservation_is_let_go_by_us_or_by_time(unit: Unit) -> None:
    ours, late, paid = unit.opened(), unit.opened(), unit.paid()
    for reference in (ours, late):
        unit.test(f"approve/{reference}")
    for _twice in range(2):
        assert unit.provider.release(ours, key=f"release-{ours}").standing is Standing.CANCELLED
    assert unit.provider.release(ours, key="the key was forgotten").standing is Standing.CANCELLED
    assert unit.provider.release(paid, key=f"release-{paid}").standing is Standing.PAID
    unit.test("clock", seconds=14 * 86_400 + 1)
    provider = unit.made()  # its token has ended, too
    assert provider.fetch(late).standing is Standing.CANCELLED
    with pytest.raises(ProviderRefused) as refused:
        provider.capture(late, amount_ore=25_000, key=f"capture-{late}")
    assert refused.value.code == "6100"


def test_refunds_are_told_by_our_own_ids(unit: Unit) -> None:
    reference, first, second = unit.paid(), uuid4(), uuid4()
    made = unit.provider.refund(reference, refund_id=first, amount_ore=10_000, key=f"refund-{first}")
    assert (made.refund_id, made.amount_ore, made.standing) == (first, 10_000, RefundStanding.SUCCEEDED)
    assert unit.provider.refund(reference, refund_id=first, amount_ore=10_000, key=f"refund-{first}") == made
    unit.provider.refund(reference, refund_id=second, amount_ore=15_000, key=f"refund-{second}")
    state = unit.provider.fetch(reference)
    assert (state.standing, state.amount_ore) == (Standing.PAID, 25_000)
    assert [(one.refund_id, one.amount_ore) for one in state.refunds] == [(first, 10_000), (second, 15_000)]
    assert state.refunds[0] == made
    with pytest.raises(ProviderRefused) as refused:
        unit.provider.refund(reference, refund_id=uuid4(), amount_ore=1, key="refund-3")
    assert refused.value.code == "6180"


def test_a_refund_that_was_refused_stands_beside_one_that_was_not(unit: Unit) -> None:
    reference, refused, sent = unit.paid(), uuid4(), uuid4()
    with pytest.raises(ProviderRefused) as told:
        unit.provider.refund(reference, refund_id=refused, amount_ore=123, key=f"refund-{refused}")
    assert told.value.code == "5100"
    unit.provider.refund(reference, refund_id=sent, amount_ore=1000, key=f"refund-{sent}")
    standings = {one.refund_id: one.standing for one in unit.provider.fetch(reference).refunds}
    assert standings == {refused: RefundStanding.FAILED, sent: RefundStanding.SUCCEEDED}


def test_there_is_no_list_of_events(unit: Unit) -> None:
    unit.paid()
    assert list(unit.provider.recent(since=datetime.now(UTC) - timedelta(days=1))) == []


@pytest.mark.parametrize("secret", ["old", "new"])
def test_a_notice_is_believed_under_any_secret_however_old_it_is(unit: Unit, secret: str) -> None:
    reference = str(uuid4())
    raw = f'{{"reference":"{reference}","name":"CAPTURED","pspReference":"7","success":true}}'.encode()
    long_ago = datetime.now(UTC) - timedelta(days=6)
    hint = unit.provider.read_notice(headers=signed(URL, raw, secret, long_ago), raw=raw, now=datetime.now(UTC))
    assert (hint.event_id, hint.kind) == (f"{reference}/CAPTURED/7", "CAPTURED")
    assert (hint.reference, hint.payment_id) == (reference, UUID(reference))


def test_a_try_that_failed_is_another_event_than_one_that_worked(unit: Unit) -> None:
    ids = set()
    for success in ("true", "false"):
        raw = f'{{"reference":"abcdefgh","name":"AUTHORIZED","pspReference":"7","success":{success}}}'.encode()
        headers = signed(URL, raw, "new", datetime.now(UTC))
        hint = unit.provider.read_notice(headers=headers, raw=raw, now=datetime.now(UTC))
        assert hint.payment_id is None
        ids.add(hint.event_id)
    assert len(ids) == 2


def test_nothing_else_is_believed(unit: Unit) -> None:
    raw = b'{"reference":"abcdefgh","name":"AUTHORIZED","pspReference":"7","success":true}'
    now = datetime.now(UTC)
    headers = signed(URL, raw, "new", now)
    other = signed(f"{URL}?a=1", raw, "new", now)
    without = {name: value for name, value in headers.items() if name != "Authorization"}
    for some_headers, some_raw in [
        ({}, raw), (without, raw), (headers, raw + b" "), (other, raw), (signed(URL, raw, "none", now), raw),
        (headers | {"x-ms-date": "Mon, 01 Jan 2029 00:00:00 GMT"}, raw), (headers, b"x" * 70_000),
    ]:  # fmt: skip
        with pytest.raises(BadNotice):
            unit.provider.read_notice(headers=some_headers, raw=some_raw, now=now)
    with pytest.raises(BadNotice):
        unit.made(webhook_secrets=[]).read_notice(headers=headers, raw=raw, now=now)
    with pytest.raises(ValueError, match="empty"):
        unit.made(webhook_secrets=["new", " "])


def test_registrations_are_made_listed_and_ended(unit: Unit) -> None:
    assert isinstance(unit.provider, RegistersNotices)
    before = {one.id for one in unit.provider.registrations()}
    assert not any(unit.provider.is_ours(one) for one in unit.provider.registrations())
    made = unit.provider.register()
    (ours,) = [one for one in unit.provider.registrations() if unit.provider.is_ours(one)]
    assert (ours.id, ours.url, ours.events) == (made.id, URL, frozenset(EVENTS))
    assert made.secret
    unit.provider.unregister(made.id)
    assert {one.id for one in unit.provider.registrations()} == before


def test_payouts_are_whole_with_their_refunds_fees_and_disputes(unit: Unit) -> None:
    today = datetime.now(UTC).date()
    first, second = unit.paid(30_000), unit.paid(20_000)
    refund = uuid4()
    unit.provider.refund(first, refund_id=refund, amount_ore=10_000, key=f"refund-{refund}")
    unit.test("payouts")
    tomorrow = unit.made(clock=lambda: datetime.now(UTC) + timedelta(days=3))
    (payout,) = tomorrow.payouts(since=today - timedelta(days=1))
    lines = [(one.kind, one.payment_reference, one.gross_ore, one.fee_ore) for one in payout.movements]
    assert lines == [
        (MovementKind.CAPTURE, first, 30_000, 0),
        (MovementKind.CAPTURE, second, 20_000, 0),
        (MovementKind.REFUND, first, -10_000, 0),
        (MovementKind.FEE, None, -500, 0),
    ]
    assert payout.amount_ore == sum(one.gross_ore for one in payout.movements) == 39_500
    unit.test(f"dispute/{second}")
    unit.paid(50_000)
    unit.test("payouts", off_by_ore=100)
    again, later = tomorrow.payouts(since=today - timedelta(days=1))
    assert again == payout
    assert MovementKind.DISPUTE in {one.kind for one in later.movements}
    assert later.amount_ore - sum(one.gross_ore for one in later.movements) == 100
    assert tomorrow.payouts(since=later.paid_on) == [later]
    assert len({one.reference for one in (payout, later)}) == 2


def test_a_payout_holds_what_was_left_from_days_before(unit: Unit) -> None:
    """Where refunds eat up a day, nothing is paid out, and the day belongs to the next payout."""
    reference, refund = unit.paid(30_000), uuid4()
    unit.provider.refund(reference, refund_id=refund, amount_ore=30_000, key=f"refund-{refund}")
    closed = unit.test("payouts")
    assert closed["payout"] is None
    captured = unit.paid(40_000)
    unit.test("payouts")
    soon = unit.made(clock=lambda: datetime.now(UTC) + timedelta(days=3))
    begun = datetime.fromisoformat(closed["ledgerDate"]).date() + timedelta(days=1)
    (payout,) = soon.payouts(since=begun)
    assert [one.payment_reference for one in payout.movements] == [reference, reference, None, captured, None]
    assert payout.amount_ore == sum(one.gross_ore for one in payout.movements)


def test_many_entries_come_in_pages(unit: Unit) -> None:
    references = [unit.paid(1000 + number) for number in range(60)]
    unit.test("payouts")
    (payout,) = unit.provider.payouts(since=datetime.now(UTC).date() - timedelta(days=1))
    captures = [one.payment_reference for one in payout.movements if one.kind is MovementKind.CAPTURE]
    assert captures == references


def test_payouts_need_keys_of_their_own(unit: Unit) -> None:
    today = datetime.now(UTC).date()
    with pytest.raises(ProviderUnavailable, match="no accounting keys"):
        unit.made(report_keys=None).payouts(since=today)
    with pytest.raises(ProviderUnavailable, match="no access token"):
        unit.made(report_keys=ReportKeys("standin-accounting", "wrong")).payouts(since=today)
    assert unit.made().payouts(since=today) == []


def test_the_provider_shows_no_secret(unit: Unit) -> None:
    assert "standin" not in repr(unit.provider)


def test_an_entry_that_cannot_be_read_is_told_as_such() -> None:
    good = {
        "ledgerDate": "2026-11-22", "entryType": "capture", "amount": 500, "balanceBefore": 0, "currency": "DKK",
        "pspReference": "psp-1", "reference": str(UUID(int=5)),
    }  # fmt: skip
    moved = Movement("psp-1", MovementKind.CAPTURE, str(UUID(int=5)), 500, payment_id=UUID(int=5))
    assert mobilepay_report.movement(good) == moved
    assert mobilepay_report.movement(good | {"entryType": "payout-scheduled"}) is None
    for wrong in ({"amount": "500"}, {"ledgerDate": "i går"}, {"currency": "NOK"}):
        told = mobilepay_report.movement(good | wrong)
        assert isinstance(told, Illegible)
        assert told.where == "psp-1"
    assert isinstance(mobilepay_report.movement([]), Illegible)
