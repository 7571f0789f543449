"""The ledger's own screen: accounts, what is left on them, what was posted, taken back and registered."""

import itertools

from standins.ledger.books import COLLECTING_ACCOUNTS, Books, Posting, Verdict
from standins.ledger.doing import BUTTONS
from standins.ledger.registrations import Claim, Lowered, Registrations, key_of
from standins.ledger.reversals import Reversals, Taken
from standins.pages import template
from standins.world import Debt, World

SHOWN = 200
_PAGE = template(
    """
<h2>Samlekonti</h2>
<table><thead><tr><th>Konto</th><th>Myndighed (CVR)</th><th>Til</th><th>Indbetalt</th></tr></thead><tbody>
{% for row in collecting %}<tr><td>{{ row.account }}</td><td>{{ row.cvr }}</td><td>{{ row.name }}</td>
<td>{{ row.ore|kr }}</td></tr>{% endfor %}
</tbody></table>
<h2>Indbetalinger ({{ count }}, de seneste {{ shown }} vises)</h2>
<table><thead><tr><th>Modtaget (UTC)</th><th>Indbetaling</th><th>Konto</th><th>Beløb</th><th>Svar</th><th>Tekst</th>
</tr></thead><tbody>
{% for row in postings %}<tr><td>{{ row.at }}</td><td>{{ row.id }}</td><td>{{ row.account }}</td>
<td>{{ row.ore|kr }}</td><td>{{ row.answer }}</td><td>{{ row.text }}</td></tr>{% endfor %}
</tbody></table>
<h2>Tilbageførsler og nedreguleringer ({{ reversed_count }}, de seneste {{ shown }} vises)</h2>
<table><thead><tr><th>Modtaget (UTC)</th><th>Id</th><th>Slags</th><th>Af indbetaling</th><th>Beløb</th><th>Svar</th>
<th>Tekst</th></tr></thead><tbody>
{% for row in reversals %}<tr><td>{{ row.at }}</td><td>{{ row.id }}</td><td>{{ row.kind }}</td>
<td>{{ row.payment }}</td><td>{{ row.ore|kr }}</td><td>{{ row.answer }}</td><td>{{ row.text }}</td></tr>{% endfor %}
</tbody></table>
<h2>Registreringer ({{ registered_count }}, de seneste {{ shown }} vises)</h2>
<table><thead><tr><th>Modtaget (UTC)</th><th>Id</th><th>Slags</th><th>Beløb</th><th>Svar</th></tr></thead><tbody>
{% for row in registered %}<tr><td>{{ row.at }}</td><td>{{ row.id }}</td><td>{{ row.kind }}</td>
<td>{{ row.ore|kr }}</td><td>{{ row.answer }}</td></tr>{% endfor %}
</tbody></table>
<h2>Debitorkonti (de nyeste {{ shown }} fordringer vises)</h2>
<table><thead><tr><th>Konto</th><th>Fordring</th><th>Art</th><th>Hæfter</th><th>Hovedstol</th><th>Rest</th><th>Gør</th>
</tr></thead><tbody>
{% for row in debts %}<tr id="{{ row.account }}"><td>{{ row.account }}</td><td>{{ row.claim }}</td>
<td>{{ row.kind }}</td>
<td>{{ row.who }}</td><td>{{ row.principal|kr }}</td><td>{{ row.left|kr }}</td><td>
{% for act, label in row.buttons %}<form method="post" action="goer"><input type="hidden" name="account"
 value="{{ row.account }}"><button name="act" value="{{ act }}">{{ label }}</button></form>{% endfor %}</td></tr>
{% endfor %}
</tbody></table>
"""
)


def render(world: World, books: Books, reversals: Reversals, registrations: Registrations) -> str:
    """The page as HTML; people are named, their CPR numbers are not."""
    with books.lock:
        newest = list(itertools.islice(reversed(books.postings.values()), SHOWN))
        count = len(books.postings)
        balances = dict(books.balances)
        taken = list(itertools.islice(reversed(reversals.taken.values()), SHOWN))
        reversed_count = len(reversals.taken)
        registered = list(itertools.islice(reversed(registrations.taken.values()), SHOWN))
        registered_count = len(registrations.taken)
        closed = frozenset(books.closed)
    with world.lock:
        debts = list(itertools.islice(reversed(world.debts.values()), SHOWN))
    return _PAGE.render(
        title="Debitorsystem",
        shown=SHOWN,
        count=count,
        collecting=[
            {"account": account, "cvr": cvr, "name": name, "ore": balances.get(account, 0)}
            for account, (cvr, name) in COLLECTING_ACCOUNTS.items()
        ],
        postings=[_posting(one) for one in newest],
        reversed_count=reversed_count,
        reversals=[_reversal(one) for one in taken],
        registered_count=registered_count,
        registered=[_registered(part, verdict) for part, verdict in registered],
        debts=[row for debt in debts for row in _rows(world, debt, is_closed=debt.account_id in closed)],
    )


def _rows(world: World, debt: Debt, *, is_closed: bool) -> list[dict[str, object]]:
    """A claim, and a row for each thing that was charged on top of it."""
    shared: dict[str, object] = {
        "account": debt.account_id,
        "who": ", ".join(_name(world, cpr) for cpr, _role in debt.liable),
    }
    own: dict[str, object] = {
        "claim": debt.claim_id,
        "kind": debt.claim_type,
        "principal": debt.principal_ore,
        "left": debt.outstanding_ore,
        "buttons": [one for one in BUTTONS.items() if one[0] != _other(is_closed=is_closed)],
    }
    extras: list[dict[str, object]] = [
        {"claim": extra.extra_id, "kind": extra.kind, "principal": extra.amount_ore, "left": extra.outstanding_ore}
        for extra in debt.extras
    ]
    return [{**shared, **row} for row in (own, *extras)]


def _registered(part: Claim | Lowered, verdict: Verdict) -> dict[str, object]:
    return {
        "at": _at(verdict),
        "id": key_of(part),
        "kind": "Fordring" if isinstance(part, Claim) else "Nedregulering",
        "ore": part.amount_ore,
        "answer": _answer(verdict),
    }


def _other(*, is_closed: bool) -> str:
    """The button that would change nothing."""
    return "close_account" if is_closed else "reopen_account"


def _posting(one: Posting) -> dict[str, object]:
    return {
        "at": _at(one.verdict),
        "id": one.payment.payment_id,
        "account": one.payment.account_id,
        "ore": one.payment.amount_ore,
        "answer": _answer(one.verdict),
        "text": " · ".join(one.payment.text_lines),
    }


def _reversal(one: Taken) -> dict[str, object]:
    return {
        "at": _at(one.verdict),
        "id": one.reversal.reversal_id,
        "kind": "Tilbageførsel" if one.reversal.is_whole else "Nedregulering",
        "payment": one.reversal.payment_id,
        "ore": one.reversal.amount_ore,
        "answer": _answer(one.verdict),
        "text": one.reversal.text,
    }


def _at(verdict: Verdict) -> str:
    return verdict.at.isoformat(" ", "seconds")[:19]


def _answer(verdict: Verdict) -> str:
    return "Bogført" if verdict.code is None else f"Afvist: {verdict.words}"


def _name(world: World, cpr: str) -> str:
    person = world.person_by_cpr(cpr)
    return person.name if person else "?"
