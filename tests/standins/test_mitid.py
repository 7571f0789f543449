"""The MitID stand-in's authorize endpoint and login page, as a stranger's client and a person meet them."""

import json
import re
import time
from base64 import b64encode

import httpx
import pytest

from standins import people
from tests.standins.stranger import NOT_GIVEN, Stranger, returned

DISCOVERY = "/mitid/op/.well-known/openid-configuration"


@pytest.fixture
def stranger(visitor: httpx.Client) -> Stranger:
    return Stranger(visitor)


def test_discovery_says_what_is_done_and_nothing_more(stranger: Stranger) -> None:
    found = stranger.visitor.get(DISCOVERY).json()
    assert found["issuer"] == stranger.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["response_types_supported"] == ["code"]
    assert found["response_modes_supported"] == ["query"]
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    for name, address in found.items():
        if name.endswith("_endpoint"):
            path = address.removeprefix(str(stranger.visitor.base_url).rstrip("/"))
            assert stranger.visitor.get(path).status_code not in {404, 500}, name
    assert len(stranger.visitor.get(found["jwks_uri"]).json()["keys"]) == 2


def test_every_citizen_has_a_button_and_staff_have_none(stranger: Stranger) -> None:
    page = stranger.ask()
    assert page.status_code == 200
    assert "Bruger-id" in page.text
    for person in people.CITIZENS:
        assert re.search(rf"<button[^>]*>{person.name}</button>", page.text)
    assert people.LONE.name not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_pressing_a_name_logs_that_person_in(stranger: Stranger) -> None:
    code = stranger.code(stranger.press(stranger.ask(), person="sofie"))
    tokens = stranger.redeem(code).json()
    assert stranger.userinfo(tokens["access_token"]).json()["mitid.identity_name"] == "Sofie Krogh"


def test_typing_a_bruger_id_logs_that_person_in(stranger: Stranger) -> None:
    code = stranger.code(stranger.press(stranger.ask(), username=" Lars "))
    tokens = stranger.redeem(code).json()
    assert stranger.userinfo(tokens["access_token"]).json()["mitid.identity_name"] == "Lars Krogh"


@pytest.mark.parametrize("username", ["", "nobody", "lone", "<script>"])
def test_a_wrong_bruger_id_is_told_and_may_be_tried_again(stranger: Stranger, username: str) -> None:
    again = stranger.press(stranger.ask(), username=username)
    assert again.status_code == 422
    assert "Ingen har det bruger-id" in again.text
    assert "<script>" not in again.text
    assert stranger.code(stranger.press(again, person="ahmed"))


def test_one_login_page_gives_one_code(stranger: Stranger) -> None:
    page = stranger.ask()
    assert stranger.code(stranger.press(page, person="ahmed"))
    assert stranger.press(page, person="ahmed").status_code == 400


def test_a_person_who_aborts_comes_back_with_the_brokers_words(stranger: Stranger) -> None:
    for back in (returned(stranger.press(stranger.ask(), abort="1")), returned(stranger.ask(simulation="abort"))):
        assert back == {
            "error": "access_denied",
            "error_description": "mitid_user_aborted",
            "state": stranger.state,
            "iss": stranger.issuer,
        }


def test_the_portal_gets_no_issuer_with_an_error_as_the_real_broker_sends_none(visitor: httpx.Client) -> None:
    portal = Stranger(visitor, client_id="betaldinkommune", redirect_uri="http://localhost:5000/login/callback")
    assert "iss" not in returned(portal.ask(simulation="abort"))
    assert "iss" in returned(portal.ask(simulation="no-ui username:ahmed"))


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:4040/callback/",
        "http://localhost:4040/callback?x=1",
        "http://localhost:4040/Callback",
        "http://127.0.0.1:4040/callback",
        "https://localhost:4040/callback",
        "http://localhost:4040",
        "http://localhost:4040/out",
        NOT_GIVEN,
    ],
)
def test_a_redirect_address_must_match_letter_for_letter(stranger: Stranger, redirect_uri: str) -> None:
    answer = stranger.ask(redirect_uri=redirect_uri, simulation="no-ui username:ahmed")
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"client_id": NOT_GIVEN},
        {"response_type": "token"},
        {"response_type": "code id_token"},
        {"response_type": NOT_GIVEN},
        {"response_mode": "form_post"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": NOT_GIVEN},
        {"code_challenge": NOT_GIVEN},
        {"code_challenge": "short"},
        {"scope": "mitid"},
        {"scope": "openid offline_access"},
        {"scope": NOT_GIVEN},
        {"prompt": "none login"},
        {"prompt": "consent"},
        {"max_age": "-1"},
        {"max_age": "soon"},
        {"idp_values": "bankid"},
        {"idp_params": "no json"},
        {"idp_params": "[]"},
        {"idp_params": '{"bankid": {}}'},
        {"idp_params": '{"mitid": {"loa_value": "extreme"}}'},
        {"idp_params": '{"mitid": {"unheard_of": 1}}'},
        {"idp_params": '{"mitid": {"action_text": "STEAL"}}'},
        {"idp_params": '{"mitid": {"reference_text": "ikke base64!"}}'},
        {"idp_params": json.dumps({"mitid": {"reference_text": b64encode(b"x" * 131).decode()}})},
        {"language": "fr"},
        {"request": "eyJ"},
        {"simulation": "no-ui"},
        {"simulation": "no-ui cpr:0000000000"},
        {"simulation": "no-ui username:lone"},
        {"simulation": "dance"},
    ],
)
def test_a_bad_request_ends_at_the_provider(stranger: Stranger, wrong: dict[str, str]) -> None:
    answer = stranger.ask(**{"simulation": "no-ui username:ahmed", **wrong})
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_parameter_given_twice_is_refused(stranger: Stranger) -> None:
    address = str(stranger.ask().request.url)
    assert stranger.visitor.get(f"{address}&state=again").status_code == 400


def test_the_request_may_be_posted_too(stranger: Stranger) -> None:
    given = dict(stranger.ask().request.url.params)
    page = stranger.visitor.post("/mitid/op/connect/authorize", data=given)
    assert stranger.code(stranger.press(page, person="ahmed"))


def test_the_portal_must_send_a_nonce_and_a_stranger_need_not(visitor: httpx.Client, stranger: Stranger) -> None:
    portal = Stranger(visitor, client_id="betaldinkommune", redirect_uri="http://localhost:5000/login/callback")
    assert portal.ask(nonce=NOT_GIVEN).status_code == 400
    tokens = stranger.redeem(stranger.enter("ahmed", nonce=NOT_GIVEN)).json()
    assert "nonce" not in stranger.claims(tokens["id_token"])


def test_the_reference_text_is_shown_as_text(stranger: Stranger) -> None:
    text = b64encode("<b>Betal</b> på Fjordby".encode()).decode()
    page = stranger.ask(idp_params=json.dumps({"mitid": {"reference_text": text, "loa_value": "substantial"}}))
    assert "&lt;b&gt;Betal&lt;/b&gt; på Fjordby" in page.text


@pytest.mark.parametrize("who", [f"cpr:{people.METTE.cpr}", f"uuid:{people.METTE.uuid}", "username:mette"])
def test_simulation_logs_a_person_in_without_a_page(stranger: Stranger, who: str) -> None:
    tokens = stranger.redeem(stranger.code(stranger.ask(simulation=f"no-ui {who}"))).json()
    assert stranger.userinfo(tokens["access_token"]).json()["mitid.uuid"] == people.METTE.uuid


def test_simulation_with_a_page_fills_the_bruger_id_in(stranger: Stranger) -> None:
    assert 'value="mette"' in stranger.ask(simulation="ui username:mette").text


def test_a_login_is_reused_for_the_same_client_until_prompt_or_age_forbid(stranger: Stranger) -> None:
    assert returned(stranger.ask(prompt="none"))["error"] == "login_required"
    stranger.enter("ahmed")
    assert stranger.code(stranger.ask())
    assert stranger.code(stranger.ask(prompt="none", max_age="60"))
    assert stranger.ask(prompt="login").status_code == 200
    time.sleep(0.01)
    assert stranger.ask(max_age="0").status_code == 200
    assert returned(stranger.ask(max_age="0", prompt="none"))["error"] == "login_required"


def test_one_clients_login_is_no_login_for_another(stranger: Stranger, visitor: httpx.Client) -> None:
    stranger.enter("ahmed")
    portal = Stranger(visitor, client_id="betaldinkommune", redirect_uri="http://localhost:5000/login/callback")
    assert returned(portal.ask(prompt="none"))["error"] == "login_required"


def test_a_hint_about_another_person_is_not_answered_silently(stranger: Stranger) -> None:
    hint = stranger.redeem(stranger.enter("ahmed")).json()["id_token"]
    assert stranger.code(stranger.ask(prompt="none", id_token_hint=hint))
    stranger.enter("mette")
    assert returned(stranger.ask(prompt="none", id_token_hint=hint))["error"] == "login_required"
    assert returned(stranger.ask(prompt="none", id_token_hint="nonsense"))["error"] == "login_required"


def test_the_portals_addresses_hold_under_both_host_names(visitor: httpx.Client) -> None:
    for host in ("localhost", "skovlund.localhost"):
        portal = Stranger(
            visitor, client_id="betaldinkommune", redirect_uri=f"http://{host}:5000/login/callback", scope="openid"
        )
        assert portal.enter("signe")


def push(stranger: Stranger, **other: str) -> httpx.Response:
    given = dict(stranger.ask(**other).request.url.params)
    return stranger.visitor.post("/mitid/op/connect/par", data=given, auth=(stranger.client_id, stranger.secret))


def follow(stranger: Stranger, reference: str, client_id: str = "interop") -> httpx.Response:
    asked = {"client_id": client_id, "request_uri": reference}
    return stranger.visitor.get("/mitid/op/connect/authorize", params=asked)


def test_a_pushed_request_is_followed_once_and_only_for_its_client(stranger: Stranger) -> None:
    answer = push(stranger, prompt="login")
    assert answer.status_code == 201
    assert answer.json()["expires_in"] == 600
    reference = answer.json()["request_uri"]
    assert stranger.code(stranger.press(follow(stranger, reference), person="ahmed"))
    assert follow(stranger, reference).status_code == 400
    again = push(stranger).json()["request_uri"]
    assert follow(stranger, again, client_id="betaldinkommune").status_code == 400
    assert follow(stranger, "https://evil.example/request").status_code == 400


def test_what_may_not_be_asked_may_not_be_pushed(visitor: httpx.Client, stranger: Stranger) -> None:
    refused = push(stranger, code_challenge_method="plain")
    assert (refused.status_code, refused.json()) == (400, {"error": "invalid_request"})
    assert push(stranger, redirect_uri="http://evil.example/").status_code == 400
    assert push(stranger, request_uri="urn:x").status_code == 400
    assert push(Stranger(visitor, secret="wrong")).status_code == 401
