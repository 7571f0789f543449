"""The MitID stand-in's token and userinfo endpoints: what a code gives, once, and to whom."""

import threading
import time
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import RSAKey

from standins import people
from standins.oidc import tokens
from standins.oidc.shelf import Shelf
from tests.standins.stranger import NOT_GIVEN, Stranger, assertion

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SUBSTANTIAL = "https://data.gov.dk/concept/core/nsis/Substantial"


@pytest.fixture
def stranger(visitor: httpx.Client) -> Stranger:
    return Stranger(visitor)


@pytest.fixture
def portal(visitor: httpx.Client) -> Stranger:
    return Stranger(visitor, client_id="betaldinkommune", redirect_uri="http://localhost:5000/login/callback")


@pytest.fixture
def key(key_folder: Path) -> RSAKey:
    made = RSAKey.generate_key(2048)
    (key_folder / "citizen-oidc.pem").write_bytes(made.as_pem(private=True))
    return made


def redeem_signed(portal: Stranger, signed: str, **other: str) -> httpx.Response:
    code = portal.enter("kirsten")
    return portal.redeem_bare(code, client_assertion=signed, client_assertion_type=ASSERTION_TYPE, **other)


def test_the_id_token_says_who_and_how_but_neither_name_nor_cpr(stranger: Stranger) -> None:
    answer = stranger.redeem(stranger.enter("kirsten"))
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 10_800)
    claims = stranger.claims(given["id_token"])
    now = time.time()
    assert claims["iss"] == stranger.issuer
    assert claims["aud"] == "interop"
    assert claims["nonce"] == stranger.nonce
    assert claims["exp"] == int(str(claims["iat"])) + 300
    assert abs(int(str(claims["auth_time"])) - now) < 5
    assert claims["loa"] == claims["acr"] == SUBSTANTIAL
    assert claims["at_hash"] == tokens.half_hash(given["access_token"])
    assert isinstance(claims["session_expiry"], str)
    assert people.KIRSTEN.cpr not in str(claims)
    assert "Kirsten" not in str(claims)


def test_userinfo_gives_strings_only_and_the_same_subject(stranger: Stranger) -> None:
    given = stranger.redeem(stranger.enter("kirsten")).json()
    answer = stranger.userinfo(given["access_token"])
    found = answer.json()
    assert found["sub"] == stranger.claims(given["id_token"])["sub"]
    assert all(isinstance(value, str) for value in found.values())
    assert found["dk.cpr"] == people.KIRSTEN.cpr
    assert found["mitid.date_of_birth"] == "1984-05-14"
    assert found["mitid.has_cpr"] == "true"
    assert answer.headers["cache-control"] == "no-store"
    posted = stranger.visitor.post("/mitid/op/connect/userinfo", data={"access_token": given["access_token"]})
    assert posted.json() == found


def test_cpr_comes_only_with_its_scope(visitor: httpx.Client) -> None:
    stranger = Stranger(visitor, scope="openid mitid")
    given = stranger.redeem(stranger.enter("kirsten")).json()
    assert people.KIRSTEN.cpr not in stranger.userinfo(given["access_token"]).text
    bare = Stranger(visitor, scope="openid")
    given = bare.redeem(bare.enter("kirsten")).json()
    assert "Kirsten" not in bare.userinfo(given["access_token"]).text


def test_erik_has_no_cpr_and_olga_low_assurance(stranger: Stranger) -> None:
    erik = stranger.userinfo(stranger.redeem(stranger.enter("erik")).json()["access_token"]).json()
    assert "dk.cpr" not in erik
    assert erik["mitid.has_cpr"] == "false"
    olga = stranger.redeem(stranger.enter("olga")).json()
    assert str(stranger.claims(olga["id_token"])["loa"]).endswith("/nsis/Low")


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic eA==", "Bearer"])
def test_userinfo_without_a_valid_token_is_refused(stranger: Stranger, header: str) -> None:
    answer = stranger.visitor.get("/mitid/op/connect/userinfo", headers={"Authorization": header})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_code_is_good_once_and_its_second_use_ends_the_token_too(stranger: Stranger) -> None:
    code = stranger.enter("ahmed")
    given = stranger.redeem(code).json()
    assert stranger.redeem(code).json() == {"error": "invalid_grant"}
    assert stranger.userinfo(given["access_token"]).status_code == 401


def test_of_twenty_who_bring_the_same_code_one_gets_tokens(stranger: Stranger) -> None:
    code = stranger.enter("ahmed")
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(stranger.redeem(code).status_code)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [400] * 19


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "a" * 43},
        {"code_verifier": NOT_GIVEN},
        {"code_verifier": "short"},
        {"redirect_uri": "http://localhost:4040/other"},
        {"redirect_uri": NOT_GIVEN},
    ],
)
def test_a_code_with_the_wrong_company_gives_nothing(stranger: Stranger, wrong: dict[str, str]) -> None:
    answer = stranger.redeem(stranger.enter("ahmed"), **wrong)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant"}


def test_what_stands_on_a_shelf_too_long_is_gone() -> None:
    shelf: Shelf[str] = Shelf(seconds=0.05, most=2)
    for name in ("a", "b", "c"):
        shelf.put(name, name)
    assert (shelf.get("a"), shelf.get("c")) == (None, "c")
    assert not shelf.put_new("c", "again")
    time.sleep(0.06)
    assert shelf.take("c") is None
    assert shelf.put_new("c", "again")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": NOT_GIVEN}, "invalid_request"),
        ({"code": NOT_GIVEN}, "invalid_request"),
        ({"code": "nonsense"}, "invalid_grant"),
        ({"client_secret": "interop-secret"}, "invalid_request"),
        ({"client_id": "betaldinkommune"}, "invalid_client"),
    ],
)
def test_other_mistakes_have_their_own_word(stranger: Stranger, wrong: dict[str, str], error: str) -> None:
    code = stranger.enter("ahmed")
    assert stranger.redeem(code, **wrong).json() == {"error": error}


def test_a_secret_may_be_posted(stranger: Stranger) -> None:
    code = stranger.enter("ahmed")
    given = stranger.redeem_bare(code, client_id="interop", client_secret="interop-secret")
    assert given.status_code == 200


@pytest.mark.parametrize("form", [{}, {"client_id": "interop"}, {"client_id": "interop", "client_secret": "x"}])
def test_without_a_proof_there_is_nothing(stranger: Stranger, form: dict[str, str]) -> None:
    answer = stranger.redeem_bare(stranger.enter("ahmed"), **form)
    assert answer.json() == {"error": "invalid_client"}


def test_a_wrong_secret_is_401(visitor: httpx.Client) -> None:
    stranger = Stranger(visitor, secret="wrong")
    answer = stranger.redeem(stranger.enter("ahmed"))
    assert answer.status_code == 401
    assert "Basic" in answer.headers["www-authenticate"]


def test_the_portal_proves_itself_with_its_key(portal: Stranger, key: RSAKey) -> None:
    for audience in (portal.issuer, f"{portal.issuer}/connect/token"):
        answer = redeem_signed(portal, assertion(key, "betaldinkommune", audience), client_id="betaldinkommune")
        assert answer.status_code == 200, answer.headers
    pss = assertion(key, "betaldinkommune", portal.issuer, algorithm="PS256")
    assert redeem_signed(portal, pss).status_code == 200


def test_a_key_made_anew_is_read_anew(portal: Stranger, key: RSAKey, key_folder: Path) -> None:
    assert redeem_signed(portal, assertion(key, "betaldinkommune", portal.issuer)).status_code == 200
    other = RSAKey.generate_key(2048)
    (key_folder / "citizen-oidc.pem").write_bytes(other.as_pem(private=True))
    assert redeem_signed(portal, assertion(other, "betaldinkommune", portal.issuer)).status_code == 200
    assert redeem_signed(portal, assertion(key, "betaldinkommune", portal.issuer)).status_code == 400


def test_an_assertion_is_good_once(portal: Stranger, key: RSAKey) -> None:
    signed = assertion(key, "betaldinkommune", portal.issuer)
    assert redeem_signed(portal, signed).status_code == 200
    assert redeem_signed(portal, signed).json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "http://elsewhere"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"exp": 9_999_999_999},
        {"iat": 9_999_999_999},
        {"nbf": 9_999_999_999},
        {"jti": None},
        {"jti": ""},
        {"sub": "interop"},
        {"iss": "interop"},
    ],
)
def test_an_assertion_with_a_fault_is_refused(portal: Stranger, key: RSAKey, wrong: dict[str, object]) -> None:
    signed = assertion(key, "betaldinkommune", portal.issuer, changed=wrong)
    answer = redeem_signed(portal, signed, client_id="betaldinkommune")
    assert answer.json() == {"error": "invalid_client"}


def test_another_key_or_no_token_at_all_is_refused(portal: Stranger, key: RSAKey) -> None:
    strange = assertion(RSAKey.generate_key(2048), "betaldinkommune", portal.issuer)
    for signed in (strange, "a.b.c", "", "nonsense", f"{strange}x"):
        assert redeem_signed(portal, signed).json() == {"error": "invalid_client"}


def test_without_a_key_file_the_portal_cannot_prove_itself(portal: Stranger, key: RSAKey, key_folder: Path) -> None:
    (key_folder / "citizen-oidc.pem").unlink()
    signed = assertion(key, "betaldinkommune", portal.issuer)
    assert redeem_signed(portal, signed).json() == {"error": "invalid_client"}


def test_a_code_given_to_one_client_is_nothing_to_another(stranger: Stranger, portal: Stranger, key: RSAKey) -> None:
    signed = assertion(key, "betaldinkommune", portal.issuer)
    answer = stranger.redeem_bare(
        stranger.enter("ahmed"), client_assertion=signed, client_assertion_type=ASSERTION_TYPE
    )
    assert answer.json() == {"error": "invalid_grant"}


def test_keys_turn_while_the_older_token_still_verifies(stranger: Stranger) -> None:
    before = stranger.redeem(stranger.enter("ahmed")).json()["id_token"]
    kid = stranger.visitor.post("/mitid/op/rotate-keys").json()["kid"]
    after = stranger.redeem(stranger.enter("ahmed")).json()["id_token"]
    assert stranger.claims(before)["sub"] == stranger.claims(after)["sub"]
    published = stranger.visitor.get("/mitid/op/.well-known/openid-configuration/jwks").json()["keys"]
    assert published[0]["kid"] == kid
    assert all("d" not in entry for entry in published)
