"""A reason has a code for machines and words for people."""

import pytest

from app.sf1590.guard import BadMessage, parse
from app.sf1590.outcome import Reason, reason_from, remarks_from
from tests.sf1590 import answers


def test_the_ledgers_own_code_and_words_are_kept() -> None:
    reason = reason_from(parse(f'<A xmlns="{answers.OIR}">{answers.REASON}</A>'.encode()))
    assert reason == Reason(answers.OTHER, "Afvist", "R17", "Restancen afviger")
    assert (reason.code, reason.words) == ("R17", "Afvist: Restancen afviger")


def test_without_them_the_shared_list_speaks() -> None:
    reason = Reason(answers.OTHER, "Afvist")
    assert (reason.code, reason.words) == (answers.OTHER, "Afvist")


def test_a_cpr_in_the_ledgers_words_goes_no_further() -> None:
    assert Reason(answers.OTHER, "Afvist", "R17", f"Ukendt {answers.CPR}").words == "Afvist: Ukendt [cpr]"


def test_an_accept_may_carry_remarks() -> None:
    accept = parse(f'<A xmlns="{answers.OIR}"><Bemærkning>{answers.REASON}</Bemærkning></A>'.encode())
    assert [remark.code for remark in remarks_from(accept)] == ["R17"]
    assert remarks_from(parse(f'<A xmlns="{answers.OIR}"/>'.encode())) == ()


def test_a_reason_without_its_id_is_bad() -> None:
    with pytest.raises(BadMessage):
        reason_from(parse(f'<A xmlns="{answers.OIR}"/>'.encode()))
