"""Whatever is logged, in whatever shape: no CPR number, token, cookie or key comes out."""

import io
import json
import logging
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from app.foundation import log
from app.foundation.log import cleaned

CPR = "7405842144"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl"
SECRETS = {
    CPR: f"about {CPR}",
    "740584-2144": "about 740584-2144",
    JWT: f"got {JWT} from the broker",
    "sk_live_abc123": "Stripe sk_live_abc123",
    "whsec_abc123": "signed with whsec_abc123",
    "c0de": "GET /login/callback?code=c0de&iss=x",
    "st4te": "GET /login/callback?iss=x&state=st4te",
    "t0ken": "Authorization: Bearer t0ken-of-mine",
    "cr4dle": "authorization: Basic cr4dle==",
    "c00kie": "Cookie: __Host-bdk=c00kie; lang=da",
    "s3ssion": "set-cookie: session=s3ssion; Path=/",
    "Zk3Zk3Zk3Zk3Zk3Zk3Zk3": "GET /betal/Zk3Zk3Zk3Zk3Zk3Zk3Zk3/afbryd",
    "Qr9Qr9Qr9Qr9Qr9Qr9Qr9": "/kvittering/Qr9Qr9Qr9Qr9Qr9Qr9Qr9",
    "passw0rd": "postgresql://app:passw0rd@db/bdk",
}


def wrap(value: Any) -> st.SearchStrategy[Any]:
    """A value anywhere in what may be logged."""
    return st.recursive(
        st.just(value),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=2),
            st.tuples(inner),
            st.dictionaries(st.sampled_from(["about", "facts"]), inner, min_size=1),
            st.builds(lambda part: {str(part): 1}, inner),
            st.builds(Exception, inner),
            st.builds(lambda part: str(part).encode(), inner),
        ),
        max_leaves=3,
    )


@pytest.mark.parametrize("secret", SECRETS)
@settings(max_examples=40)
@given(data=st.data(), around=st.text(alphabet="æø x:,\n", max_size=4))
def test_no_secret_comes_through_in_any_shape(secret: str, data: st.DataObject, around: str) -> None:
    logged = data.draw(wrap(f"{around}{SECRETS[secret]}{around}"))
    assert secret not in json.dumps(cleaned(logged), ensure_ascii=False)


@given(
    day=st.integers(1, 31), test=st.booleans(), month=st.integers(1, 12), rest=st.integers(0, 999_999),
    hyphen=st.sampled_from(["", "-", " "]), around=st.text(alphabet="abc:/=, ", max_size=3),
)  # fmt: skip
def test_no_cpr_number_comes_through(day: int, test: bool, month: int, rest: int, hyphen: str, around: str) -> None:
    number = f"{day + 60 * test:02}{month:02}{rest:06}"
    assert number[-4:] not in cleaned(f"{around}{number[:6]}{hyphen}{number[6:]}{around}").replace("[cpr]", "")
    assert cleaned(int(number)) == "[cpr]"


@pytest.mark.parametrize(
    "name",
    ["Authorization", "cookie", "id_token", "client_secret", "password", "Stripe-Signature", "code_verifier", "cpr"],
)
def test_what_stands_under_a_secrets_name_is_hidden_whole(name: str) -> None:
    assert cleaned({"headers": {name: "x"}}) == {"headers": {name: "[hidden]"}}


def test_what_is_no_secret_is_left_alone() -> None:
    plain = {
        "payment": "0199e7b2-1111-7abc-8def-123456789012", "amount_ore": 6000, "ok": True, "none": None, "share": 0.5,
        "receipt": "BK-2026-004711", "at": "2026-11-22T12:00:00Z",
    }  # fmt: skip
    assert cleaned(plain) == plain


@pytest.fixture
def lines() -> Any:
    """What the process has logged since it was set up, line for line."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log.set_up("INFO")
    printed = io.StringIO()
    root.handlers[0].setStream(printed)  # type: ignore[attr-defined]  # the one that set_up made
    yield lambda: [json.loads(line) for line in printed.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_our_lines_and_the_libraries_lines_are_json_and_clean(lines: Any) -> None:
    structlog.get_logger().info("came", who=CPR, headers={"Cookie": "x"})
    logging.getLogger("library").warning("asked about %s", CPR)
    ours, theirs = lines()
    assert (ours["event"], ours["who"], ours["level"]) == ("came", "[cpr]", "info")
    assert ours["headers"] == {"Cookie": "[hidden]"}
    assert (theirs["event"], theirs["level"]) == ("asked about [cpr]", "warning")


def test_an_exceptions_words_are_clean_too(lines: Any) -> None:
    try:
        int(f"no such person {CPR}")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed")
    for line in lines():
        assert "no such person [cpr]" in line["exception"]
        assert CPR not in json.dumps(line)


def test_chatty_libraries_are_kept_quiet(lines: Any) -> None:
    logging.getLogger("httpx").info("GET https://example.dk/?cpr=1")
    assert lines() == []
