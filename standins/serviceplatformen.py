"""Plays the token services before Serviceplatformen: the security token service (STS) and AccessTokenService_1.

| magic | what it shows |
|---|---|
| the act `life` with `{"seconds": n}` | tokens live n seconds from now on (3600 unless told) |
| the act `demand` with `{"wanted": true}` | the ledger's services want a token, as they do in `make demo` |
| a CVR that is no municipality's | the STS says 403 |
| a call to the ledger with a token that has ended, or is another service's or municipality's | 401 |
"""

import time
from collections.abc import Mapping
from http import HTTPStatus

import flask

from standins.frame import BadAct, Place, Standin
from standins.ledger.routes import SYSTEMS
from standins.tokens import KIND, read, signed

NAME = "serviceplatformen"
ABOUT = (
    "Serviceplatformens tokens: et SAML-token fra adgangsstyringen (STS) veksles til et Holder-of-key-token, som "
    "debitorsystemets services kræver. `life` bestemmer, hvor længe de gælder."
)
LIFE_SECONDS = 3600
LONGEST_LIFE_SECONDS = 24 * 3600


def standin(place: Place) -> Standin:
    """The two token services."""
    office, turnstile = Office(), place.turnstile
    blueprint = flask.Blueprint(NAME, __name__)

    @blueprint.get("/")
    def screen() -> dict[str, object]:
        return {"about": ABOUT, **state()}

    @blueprint.post("/runtime/api/rest/wstrust/v1/issue")
    def issue() -> tuple[dict[str, object], int]:
        return office.issue(flask.request.get_json(force=True, silent=True))

    @blueprint.post("/service/AccessTokenService_1/token")
    def token() -> tuple[dict[str, object], int]:
        return office.access(flask.request.form.get("saml-token", ""))

    def demand(asked: Mapping[str, object]) -> object:
        wanted = asked.get("wanted")
        if not isinstance(wanted, bool):
            raise BadAct("wanted must be true or false")
        turnstile.is_wanted = wanted
        return {"wanted": wanted}

    def reset() -> None:
        office.reset()
        turnstile.reset()

    def state() -> dict[str, object]:
        return {**office.state(), "wanted": turnstile.is_wanted, "refused": turnstile.refused}

    acts = {"life": office.set_life, "demand": demand}
    return Standin(NAME, "Tokens (Serviceplatformen)", ABOUT, blueprint, reset, state, acts)


class Office:
    """Issues assertions and tokens, and counts them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.assertions = self.tokens = 0
        self.life_seconds = LIFE_SECONDS

    def issue(self, asked: object) -> tuple[dict[str, object], int]:
        """What the STS answers."""
        match asked:
            case {"AnvenderKontekst": {"Cvr": str(cvr)}, "AppliesTo": {"EndpointReference": {"Address": str(entity)}}}:
                if cvr not in SYSTEMS or not entity:
                    return {"error": "no agreement"}, HTTPStatus.FORBIDDEN
                self.assertions += 1
                assertion = signed({"for": entity, "cvr": cvr, "saml": True, "until": time.time() + 300})
                return {"RequestedSecurityToken": {"Assertion": assertion}}, HTTPStatus.OK
        return {"error": "not understood"}, HTTPStatus.BAD_REQUEST

    def access(self, assertion: str) -> tuple[dict[str, object], int]:
        """What AccessTokenService answers."""
        content = read(assertion)
        if content is None or not content.get("saml"):
            return {"error": "invalid_grant"}, HTTPStatus.BAD_REQUEST
        self.tokens += 1
        made = signed({"for": content["for"], "cvr": content["cvr"], "until": time.time() + self.life_seconds})
        return {"access_token": made, "token_type": KIND, "expires_in": self.life_seconds}, HTTPStatus.OK

    def set_life(self, asked: Mapping[str, object]) -> object:
        """How long tokens live from now on."""
        seconds = asked.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= LONGEST_LIFE_SECONDS:
            raise BadAct(f"seconds must be a whole number from 1 to {LONGEST_LIFE_SECONDS}")
        self.life_seconds = seconds
        return {"seconds": seconds}

    def state(self) -> dict[str, object]:
        """What was issued."""
        return {"assertions": self.assertions, "tokens": self.tokens, "life_seconds": self.life_seconds}
