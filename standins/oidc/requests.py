"""What a client asks for at the authorize endpoint, checked; a bad request never travels back to the client."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from standins.oidc.clients import Client

CHALLENGE_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER_SHAPE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
PROMPTS = frozenset({"none", "login", "select_account"})
LANGUAGES = frozenset({"da", "en", "kl"})
LEVELS = frozenset({"low", "substantial", "high"})
ACTIONS = frozenset({"LOG_ON", "APPROVE", "CONFIRM", "ACCEPT", "SIGN"})
IDP_MEMBERS = frozenset(
    {
        "loa_value",
        "aal_value",
        "reference_text",
        "action_text",
        "uuid_hint",
        "cpr_hint",
        "require_psd2",
        "enable_step_up",
    }
)
MAX_REFERENCE_TEXT = 130
# A year: more is surely a mistake of milliseconds for seconds.
MAX_MAX_AGE = 31_536_000


class BadRequest(Exception):
    """The authorize request is not one this provider answers; the text says why, and never repeats a value."""


@dataclass(frozen=True)
class Asked:
    """A checked authorize request."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str | None
    nonce: str | None
    prompt: frozenset[str]
    max_age: int | None
    id_token_hint: str | None
    simulation: str
    reference_text: str


def read(
    parameters: Mapping[str, list[str]], clients: Mapping[str, Client], *, scopes: frozenset[str], idps: frozenset[str]
) -> Asked:
    """Check an authorize request whole.

    :raises BadRequest: an unknown client, another redirect address than a registered one, no S256, or worse
    """
    if any(len(values) > 1 for values in parameters.values()):
        raise BadRequest("a parameter stands twice")
    # RFC 6749 3.1: a parameter without a value is as good as absent.
    given = {name: values[0] for name, values in parameters.items() if values[0]}
    client = clients.get(given.get("client_id", ""))
    if client is None:
        raise BadRequest("unknown client_id")
    if given.get("redirect_uri") not in client.redirect_uris:
        raise BadRequest("redirect_uri is not, letter for letter, one that is registered for this client")
    _check_flow(given, client)
    asked_scopes = tuple(dict.fromkeys(given.get("scope", "").split(" ")))
    if "openid" not in asked_scopes:
        raise BadRequest("scope must hold openid")
    if not scopes.issuperset(asked_scopes):
        raise BadRequest("scope holds one that this client may not have")
    if not idps.issuperset(given.get("idp_values", "").split()):
        raise BadRequest("unknown idp_values")
    if given.get("language", "da") not in LANGUAGES:
        raise BadRequest("language must be da, en or kl")
    return Asked(
        client=client,
        redirect_uri=given["redirect_uri"],
        scopes=asked_scopes,
        challenge=given["code_challenge"],
        state=given.get("state"),
        nonce=given.get("nonce"),
        prompt=_prompt(given.get("prompt", "")),
        max_age=_max_age(given.get("max_age")),
        id_token_hint=given.get("id_token_hint"),
        simulation=given.get("simulation", ""),
        reference_text=_idp_params(given.get("idp_params"), idps),
    )


def _check_flow(given: Mapping[str, str], client: Client) -> None:
    if "request" in given or "request_uri" in given:
        raise BadRequest("request objects are not supported")
    if given.get("response_type") != "code":
        raise BadRequest("response_type must be code")
    if given.get("response_mode", "query") != "query":
        raise BadRequest("response_mode must be query")
    if given.get("code_challenge_method") != "S256":
        raise BadRequest("code_challenge_method must be S256")
    if not CHALLENGE_SHAPE.fullmatch(given.get("code_challenge", "")):
        raise BadRequest("code_challenge is missing, or no SHA-256 in base64url")
    if client.requires_nonce and "nonce" not in given:
        raise BadRequest("nonce is required for this client")


def _prompt(text: str) -> frozenset[str]:
    prompt = frozenset(text.split())
    if not prompt.issubset(PROMPTS):
        raise BadRequest("unknown prompt")
    if "none" in prompt and len(prompt) > 1:
        raise BadRequest("prompt none stands alone")
    return prompt


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > MAX_MAX_AGE:
        raise BadRequest("max_age must be a number of seconds")
    return int(text)


def _idp_params(text: str | None, idps: frozenset[str]) -> str:
    """Check the broker's own parameters; what the person is told they log in to, if anything."""
    if text is None:
        return ""
    try:
        params = json.loads(text)
    except ValueError:
        raise BadRequest("idp_params is not JSON") from None
    if not isinstance(params, dict) or not idps.issuperset(params):
        raise BadRequest("idp_params must be an object whose members are identity providers")
    reference_text = ""
    for members in params.values():
        if not isinstance(members, dict) or not IDP_MEMBERS.issuperset(members):
            raise BadRequest("idp_params holds an unknown member")
        for name in ("loa_value", "aal_value"):
            if str(members.get(name, "low")).lower() not in LEVELS:
                raise BadRequest(f"{name} must be low, substantial or high")
        if members.get("action_text", "LOG_ON") not in ACTIONS:
            raise BadRequest("unknown action_text")
        reference_text = _reference_text(members.get("reference_text", ""))
    return reference_text


def _reference_text(encoded: object) -> str:
    try:
        text = base64.b64decode(str(encoded), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise BadRequest("reference_text must be base64 of UTF-8") from None
    if len(text) > MAX_REFERENCE_TEXT:
        raise BadRequest(f"reference_text may have {MAX_REFERENCE_TEXT} characters")
    return text
