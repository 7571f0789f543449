"""Each check that is ours: an ID token's claims beyond Authlib's, and logout tokens whole."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from app.identity import tokens
from tests.identity.fake_op import ABSENT, CLIENT_ID, LOGOUT_EVENT, FakeOp, key_set

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER = "https://broker.example/op"
GOOD = {
    "iss": ISSUER,
    "aud": "portal",
    "sub": "s",
    "iat": AT,
    "exp": AT + 300,
    "auth_time": AT,
    "session_expiry": str(AT + 60),
}


def check(needs_auth_time: bool = True, **changes: Any) -> None:
    claims = {name: value for name, value in (GOOD | changes).items() if value is not ABSENT}
    tokens.check_id_claims(
        claims, issuer=ISSUER, client_id="portal", started_at=NOW, needs_auth_time=needs_auth_time, now=NOW
    )


def test_a_right_token_passes_with_clocks_a_minute_apart() -> None:
    check()
    check(iat=AT + 59, auth_time=AT - 59, exp=AT - 59, nbf=AT + 59)
    check(aud=["portal", "other"], azp="portal")
    check(needs_auth_time=False, auth_time=ABSENT, session_expiry=ABSENT)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "https://broker.example/"}, tokens.WrongIssuer),
        ({"iss": ABSENT}, tokens.WrongIssuer),
        ({"aud": "other"}, tokens.WrongAudience),
        ({"aud": ABSENT}, tokens.WrongAudience),
        ({"aud": ["portal", "other"]}, tokens.WrongAudience),
        ({"azp": "other"}, tokens.WrongAudience),
        ({"exp": AT - 60}, tokens.NotInForce),
        ({"exp": "never"}, tokens.NotInForce),
        ({"iat": AT + 61}, tokens.NotInForce),
        ({"nbf": AT + 61}, tokens.NotInForce),
        ({"nbf": "soon"}, tokens.NotInForce),
        ({"session_expiry": str(AT)}, tokens.NotInForce),
        ({"session_expiry": "never"}, tokens.NotInForce),
        ({"auth_time": AT - 61}, tokens.LoginTooOld),
        ({"auth_time": AT + 61}, tokens.LoginTooOld),
        ({"auth_time": ABSENT}, tokens.LoginTooOld),
        ({"auth_time": "yesterday"}, tokens.LoginTooOld),
    ],
)
def test_each_wrong_claim_is_refused_by_name(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        check(**changes)


def test_a_time_that_cannot_be_read_is_refused_even_when_none_was_asked_for() -> None:
    with pytest.raises(tokens.LoginTooOld):
        check(needs_auth_time=False, auth_time="yesterday")


def test_the_algorithms_are_pinned_whatever_discovery_says() -> None:
    assert tokens.accepted_algorithms(["HS256", "none", "ES256", "RS256", "RS1"]) == ["RS256", "ES256"]
    assert tokens.accepted_algorithms(None) == ["RS256"]
    assert tokens.accepted_algorithms(["HS256"]) == []


def test_the_issuer_of_the_response_is_compared() -> None:
    tokens.check_response_issuer(ISSUER, issuer=ISSUER, is_announced=True)
    tokens.check_response_issuer(None, issuer=ISSUER, is_announced=False)
    for given, is_announced in ((None, True), ("https://evil.example", False), ("", False)):
        with pytest.raises(tokens.ResponseFromElsewhere):
            tokens.check_response_issuer(given, issuer=ISSUER, is_announced=is_announced)


def test_userinfo_of_another_or_of_nobody_is_refused() -> None:
    tokens.check_same_subject({"sub": "a"}, {"sub": "a"})
    for one, two in (({"sub": "a"}, {"sub": "b"}), ({"sub": "a"}, {}), ({}, {}), ({"sub": ""}, {"sub": ""})):
        with pytest.raises(tokens.SubjectsDiffer):
            tokens.check_same_subject(one, two)


def test_an_answer_without_an_id_token_is_refused() -> None:
    for answer in ({}, {"id_token": ""}, {"id_token": None}, {"id_token": 7}):
        with pytest.raises(tokens.IdTokenMissing):
            tokens.id_token_in(answer)


@pytest.mark.parametrize("raw", ["", "a.b", "a.b.c", "....", "x" * 20_000])
def test_what_is_no_token_is_refused(raw: str) -> None:
    with pytest.raises(tokens.BadSignature):
        tokens.check_header(raw)
    with pytest.raises(tokens.TokenRefused):
        tokens.claimed_issuer(raw)


def order(op: FakeOp, raw: str) -> tokens.LogoutOrder:
    return tokens.read_logout_token(raw, keys=key_set(op), issuer=op.issuer, client_id=CLIENT_ID, now=datetime.now(UTC))


def test_a_logout_token_orders_a_session_to_end() -> None:
    for key in (RSAKey.generate_key(2048, {"kid": "one"}), ECKey.generate_key("P-256", {"kid": "one"})):
        op = FakeOp(issuer=ISSUER, key=key)
        read = order(op, op.logout_token(jti="j"))
        assert read == tokens.LogoutOrder(issuer=ISSUER, jti="j", sid="sid-1", subject="subject-1")
        assert order(op, op.logout_token(sub=ABSENT)).subject is None
        assert order(op, op.logout_token(typ="application/logout+JWT")).sid == "sid-1"
        assert tokens.claimed_issuer(op.logout_token()) == ISSUER


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"typ": "JWT"}, tokens.NotALogoutToken),
        ({"nonce": "n"}, tokens.NotALogoutToken),
        ({"events": {}}, tokens.NotALogoutToken),
        ({"events": [LOGOUT_EVENT]}, tokens.NotALogoutToken),
        ({"events": {LOGOUT_EVENT: True}}, tokens.NotALogoutToken),
        ({"jti": ABSENT}, tokens.NotALogoutToken),
        ({"jti": ""}, tokens.NotALogoutToken),
        ({"sid": ABSENT, "sub": ABSENT}, tokens.NotALogoutToken),
        ({"sid": ["sid-1"]}, tokens.NotALogoutToken),
        ({"iss": "https://evil.example"}, tokens.WrongIssuer),
        ({"aud": "other"}, tokens.WrongAudience),
        ({"iat": ABSENT}, tokens.NotInForce),
        ({"exp": ABSENT}, tokens.NotInForce),
        ({"iat": int(time.time()) - 600, "exp": int(time.time()) + 600}, tokens.NotInForce),
        ({"iat": int(time.time()) + 600}, tokens.NotInForce),
    ],
)
def test_each_wrong_logout_token_is_refused_by_name(changes: dict[str, Any], error: type[Exception]) -> None:
    op = FakeOp(issuer=ISSUER)
    with pytest.raises(error):
        order(op, op.logout_token(**changes))


@pytest.mark.parametrize(
    ("switches", "error"),
    [
        ({"unsigned": True}, tokens.AlgorithmNotAllowed),
        ({"misuses_public_key": True}, tokens.AlgorithmNotAllowed),
        ({"signing_key": RSAKey.generate_key(2048, {"kid": "one"})}, tokens.BadSignature),
    ],
)
def test_a_logout_token_of_somebody_else_is_refused(switches: dict[str, Any], error: type[Exception]) -> None:
    op = FakeOp(issuer=ISSUER)
    for name, value in switches.items():
        setattr(op, name, value)
    with pytest.raises(error):
        order(op, op.logout_token())


def test_a_changed_byte_is_noticed() -> None:
    op = FakeOp(issuer=ISSUER)
    head, body, mac = op.logout_token().split(".")
    with pytest.raises(tokens.BadSignature):
        order(op, f"{head}.{body}.{'A' if mac[0] != 'A' else 'B'}{mac[1:]}")


def test_an_old_token_is_old_after_two_minutes() -> None:
    op = FakeOp(issuer=ISSUER)
    raw, later = op.logout_token(exp=int(time.time()) + 3600), datetime.now(UTC) + timedelta(minutes=2, seconds=1)
    with pytest.raises(tokens.NotInForce):
        tokens.read_logout_token(raw, keys=key_set(op), issuer=ISSUER, client_id=CLIENT_ID, now=later)
