"""How many overview pages a second, beside a bare page that runs one query and renders the same HTML."""

import re

import httpx

from app.identity import register, sessions
from app.identity.people import Citizen, IdentifiedCitizen
from app.web.visitor import COOKIE
from bench import bare
from bench.figures import Figure, say
from bench.house import House
from bench.load import WrongAnswer, pages_per_second

TARGET = 0.4
CONNECTIONS = 4
SECONDS = 10.0
ROUNDS = 2
CITIZEN = "Kirsten Lund"


def measure(house: House) -> tuple[list[Figure], dict[str, object]]:
    """The ratio, from rounds that take turns; the sources have just been asked, so that no wire is spoken."""
    people = httpx.get(f"{house.standins_url}/control/people", timeout=30).raise_for_status().json()
    person_id, headers = log_in(house, next(one["cpr"] for one in people if one["name"] == CITIZEN), CITIZEN)
    page = f"{house.portal_url}/regninger"
    shown = httpx.get(page, headers=headers, timeout=30).raise_for_status().text
    plain = house.serve("bare page", "bench.bare:create_app", {bare.PERSON: person_id, bare.NAME: CITIZEN}) + "/bare"
    _must_be_the_same(shown, httpx.get(plain, headers=headers, timeout=30).raise_for_status().text)
    ours, theirs = [], []
    for url in (page, plain):
        pages_per_second(url, headers=headers, connections=CONNECTIONS, seconds=2)
    for number in range(ROUNDS):
        ours.append(pages_per_second(page, headers=headers, connections=CONNECTIONS, seconds=SECONDS / ROUNDS))
        theirs.append(pages_per_second(plain, headers=headers, connections=CONNECTIONS, seconds=SECONDS / ROUNDS))
        say(f"round {number + 1}: overview {ours[-1]:.0f}, bare page {theirs[-1]:.0f} pages/s")
    notes: dict[str, object] = {"overview_pages_per_second": ours, "bare_pages_per_second": theirs}
    return [Figure("overview_to_bare_page", sum(ours) / sum(theirs), "ratio", TARGET)], notes


def log_in(house: House, cpr: str, name: str) -> tuple[str, dict[str, str]]:
    """A citizen whom the broker has vouched for; returns the person's id and what their browser sends."""
    wires = house.wires
    now = wires.clock()
    with wires.sessions.begin() as session:
        person = register.find_or_create_person(session, vault=wires.vault, cpr=cpr, name=name, now=now)
        identified = IdentifiedCitizen("bench", "bench", None, None, now, None, cpr, name)
        cookie = sessions.log_in_citizen(
            session, old_cookie=None, citizen=Citizen(person.id, name), identified=identified, id_token_sealed=None,
            data={}, now=now,
        )  # fmt: skip
    return str(person.id), {"Host": "localhost", "Cookie": f"{COOKIE}={cookie}"}


def _must_be_the_same(shown: str, plain: str) -> None:
    """Both pages say the same, but for the tokens in their forms.

    :raises WrongAnswer: they do not
    """
    tokens = re.compile(r'(?<=name="csrf_token" value=")[^"]*')
    if tokens.sub("", shown) != tokens.sub("", plain) or shown.count('name="claim"') < 1:
        raise WrongAnswer("the overview and the bare page differ")
