"""An e-mail address is read strictly: it goes into the headers of letters."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.email_address import LONGEST, NotAnEmailAddress, read_email


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("navn@eksempel.dk", "navn@eksempel.dk"),
        ("  Kirsten.Lund+kommune@Eksempel.DK ", "Kirsten.Lund+kommune@eksempel.dk"),
        ("o'neill@a.b.example", "o'neill@a.b.example"),
        ("navn@blåbær.dk", "navn@xn--blbr-roah.dk"),
    ],
)
def test_addresses_as_people_type_them(typed: str, read: str) -> None:
    assert read_email(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "", "navn", "navn@", "@eksempel.dk", "navn@eksempel", "navn@.dk", "navn@eksempel..dk", "a b@eksempel.dk",
        "a@b@eksempel.dk", ".navn@eksempel.dk", "navn.@eksempel.dk", "navn@-x.dk", "navn@1.2.3.4", "blå@eksempel.dk",
        "navn@eksempel.dk\r\nBcc: x@y.dk", "navn\n@eksempel.dk", "<navn@eksempel.dk>", '"a b"@eksempel.dk',
        "a" * 65 + "@eksempel.dk", "a@" + "b" * 64 + ".dk", "a@" + "b." * 130 + "dk", "navn@\ud800.dk", "a\x00@b.dk",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(NotAnEmailAddress):
        read_email(typed)


def test_a_cpr_number_is_kept_out_of_mail_and_of_the_error() -> None:
    with pytest.raises(NotAnEmailAddress) as refused:
        read_email("750372-4996@eksempel.dk")
    assert "7503" not in str(refused.value)


@given(st.text(max_size=300))
def test_whatever_is_typed_no_header_can_be_broken(typed: str) -> None:
    with contextlib.suppress(NotAnEmailAddress):
        read = read_email(typed)
        assert read.isascii()
        assert read.isprintable()
        assert len(read) <= LONGEST
        assert not set(read) & set(' <>,;:"\\')
