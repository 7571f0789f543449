"""create_app: what it joins, and what the joining must never lose."""

import re
from uuid import UUID

import pytest
from itsdangerous import URLSafeTimedSerializer
from pydantic import SecretStr

from app.factory import LARGEST_FORM_BYTES, WITHOUT_CSRF
from app.foundation.db import Sessions
from app.identity.models import LoginSession
from tests.web.conftest import portal
from tests.web.portal import Portal

__all__ = ["portal"]

pytestmark = pytest.mark.database
OLD, NEW = "an-old-key-only-for-tests-0123456789", "a-new-key-only-for-tests-0123456789"


def test_every_route_says_who_guards_it(portal: Portal) -> None:
    unguarded = {
        rule.endpoint
        for rule in portal.app.url_map.iter_rules()
        if not hasattr(portal.app.view_functions[rule.endpoint], "guard")
    }
    assert unguarded == {"static", "theme"}


def test_only_what_proves_itself_needs_no_token(portal: Portal) -> None:
    proving_themselves = {
        "hooks_stripe", "hooks_mobilepay", "hooks_ledger", "hooks_beskedfordeler", "backchannel_logout",
    }  # fmt: skip
    assert {door.name for door in WITHOUT_CSRF} == proving_themselves
    for rule in portal.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint.partition(".")[0] not in proving_themselves:
            path = re.sub(r"<uuid:\w+>", str(UUID(int=1)), rule.rule.replace("<token>", "x" * 43))
            assert portal.citizen().post(path).status_code == 400, path


def test_forms_may_be_as_big_as_the_longest_list_of_bills(portal: Portal) -> None:
    claim = len("&claim=") + 36
    assert claim * 500 < LARGEST_FORM_BYTES == portal.app.config["MAX_CONTENT_LENGTH"]


def test_a_debugger_is_never_on(portal: Portal) -> None:
    assert not portal.app.debug
    assert not portal.app.testing


def test_a_form_opened_before_the_key_changed_may_still_be_sent(sessions: Sessions, logging_restored: None) -> None:
    portal = Portal(sessions, changes={"secret_key": (SecretStr(NEW), SecretStr(OLD))})
    kirsten = portal.citizen()
    raw = "r" * 40
    with sessions.begin() as session:
        for row in session.query(LoginSession):
            row.data = {"csrf_token": raw}
    for key, status in ((OLD, 422), (NEW, 422), ("a-stranger-s-key-0123456789-0123456789", 400)):
        token = URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw)
        assert kirsten.post("/betal/kontrol", data={"csrf_token": token}).status_code == status


def test_the_newest_key_signs(sessions: Sessions, logging_restored: None) -> None:
    portal = Portal(sessions, changes={"secret_key": (SecretStr(NEW), SecretStr(OLD))})
    token = portal.citizen().csrf
    assert URLSafeTimedSerializer(NEW, salt="wtf-csrf-token").loads(token)
