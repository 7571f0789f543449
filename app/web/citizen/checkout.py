"""From the chosen bills to the provider's page: check, pay, be led on, give up."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.foundation.db import transaction
from app.foundation.email_address import LONGEST, NotAnEmailAddress, read_email
from app.identity.people import Citizen
from app.payments import checkout, queries, review, slips
from app.payments.port import PaymentProvider, ProviderError
from app.web import freshness, language, leading_on
from app.web.citizen.bills import overview_page
from app.web.citizen.payer import Payer
from app.web.guards import citizen_required
from app.web.visit import current_municipality, current_wires

MOST_CLAIMS = 500
NOT_OPENED = (
    checkout.ClaimsChanged, checkout.TooOld, checkout.NothingToPay, checkout.BelowMinimum, checkout.ProviderDown,
)  # fmt: skip
# Nothing has been opened for the review, so that it may be sent again as it is.
SAME_REVIEW = ("method", "email", "small")
Problem = Literal["method", "email", "down", "small", "old"]
bp = Blueprint("checkout", __name__)


@bp.post("/betal/kontrol")
@citizen_required
def choose(citizen: Citizen) -> ResponseReturnValue:
    """Store what is about to be shown, then show it. The form carries claim ids and nothing else."""
    removed = request.form.get("remove")
    chosen = [one for one in request.form.getlist("claim") if one != removed]
    if len(chosen) > MOST_CLAIMS:
        abort(413)
    claim_ids = _ids(chosen)
    if not claim_ids:
        return overview_page(citizen, nothing_chosen=True), 422
    wires, facts = current_wires(), current_municipality()
    freshness.keep(wires, citizen=citizen, facts=facts)
    with transaction(wires.sessions) as session:
        shown, left_out = review.make(
            session, person_id=citizen.person_id, facts=facts, claim_ids=claim_ids, now=wires.clock()
        )
        if not shown.bills:
            session.rollback()  # nothing can come of a review without bills
    if left_out:
        return _page(Payer(citizen), shown, left_out), 409
    return redirect(url_for("checkout.check", review=shown.id), 303)


@bp.get("/betal/kontrol")
@citizen_required
def check(citizen: Citizen) -> ResponseReturnValue:
    """The last look before paying; what has changed since the citizen chose is named."""
    return check_page(Payer(citizen))


def check_page(payer: Payer) -> ResponseReturnValue:
    """The check page of the review in the query, if it is this payer's."""
    wires, facts = current_wires(), current_municipality()
    try:
        with transaction(wires.sessions) as session:
            shown, changed = review.find(
                session, review_id=_id(request.args.get("review", "")), person_id=payer.person_id, facts=facts,
                now=wires.clock(), code_id=payer.code_id,
            )  # fmt: skip
    except review.ReviewUnknown:
        return redirect(payer.back, 303)
    return _anew(payer, shown.id, changed) if changed else _page(payer, shown, ())


@bp.post("/betal")
@citizen_required
def pay(citizen: Citizen) -> ResponseReturnValue:
    """Open a payment for the reviewed bills and lead on to the provider."""
    return pay_page(Payer(citizen))


def pay_page(payer: Payer) -> ResponseReturnValue:
    """Open a payment for the bills of the review in the form, if it is this payer's."""
    wires, facts = current_wires(), current_municipality()
    review_id = _id(request.form.get("review", ""))
    method = next((one for one in wires.methods_of(facts) if one == request.form.get("method")), None)
    if method is None:
        return _anew(payer, review_id, (), "method", 422 if not request.form.get("method") else 400)
    try:
        email = _receipt_email()
    except NotAnEmailAddress:
        return _anew(payer, review_id, (), "email", 422)
    freshness.keep(wires, citizen=payer.citizen, facts=facts)
    provider = wires.provider_of(facts, method)
    try:
        opened = checkout.start(
            wires.sessions, provider=provider, method=method, payer_id=payer.person_id,
            review_id=review_id, facts=facts, locale=language.current(), address_of=_address_of, now=wires.clock(),
            receipt_email=email, code_id=payer.code_id,
        )  # fmt: skip
    except (review.ReviewUnknown, *NOT_OPENED) as error:
        return _not_opened(payer, review_id, error)
    if opened.redirect_url is None:
        return redirect(url_for("receipts.returned", token=opened.token), 303)
    url = leading_on.to_provider(opened.redirect_url)
    if url is None:
        _take_back(opened.token, provider)
        return _anew(payer, review_id, (), "down", 503)
    # A redirect after a form would be blocked by the page's own form-action, so a page leads on.
    return render_template("citizen/on_your_way.html", url=url, is_mobilepay=provider.name == "mobilepay")


def _take_back(token: str, provider: PaymentProvider) -> None:
    """Close a payment at whose page nobody may look: its bills are free again."""
    wires = current_wires()
    with transaction(wires.sessions) as session:
        payment = queries.by_token(session, token=token)
    with suppress(ProviderError):
        if payment:
            checkout.stop(wires.sessions, provider=provider, payment_id=payment.id, now=wires.clock())


def _receipt_email() -> str | None:
    """Where the payer wants the receipt; None where the field was left empty or mail is not offered.

    :raises NotAnEmailAddress: something else stands in the field
    """
    typed = request.form.get("email", "").strip()
    return read_email(typed) if typed and current_wires().mailer else None


def _is_bad_email() -> bool:
    """So that whoever forgot the method too is told of both at once."""
    try:
        _receipt_email()
    except NotAnEmailAddress:
        return True
    return False


def _not_opened(payer: Payer, review_id: UUID, error: Exception) -> ResponseReturnValue:
    """Nothing was opened and no money was taken: the check page says why, as far as the review is this payer's."""
    if isinstance(error, checkout.ClaimsChanged):
        return _anew(payer, review_id, error.changed)
    if isinstance(error, checkout.BelowMinimum):
        return _anew(payer, review_id, (), "small", 422, minimum_ore=error.minimum_ore)
    if isinstance(error, checkout.ProviderDown):
        return _anew(payer, review_id, (), "down", 503)
    return _anew(payer, review_id, (), "old")


def _anew(
    payer: Payer, review_id: UUID, changed: Sequence[review.Changed], problem: Problem | None = None,
    status: int = 409, minimum_ore: int = 0,
) -> ResponseReturnValue:  # fmt: skip
    """The check page once more, with what of the review may still be paid, as it stands now."""
    wires, facts = current_wires(), current_municipality()
    try:
        with transaction(wires.sessions) as session:
            shown, since = review.find(
                session, review_id=review_id, person_id=payer.person_id, facts=facts, now=wires.clock(),
                code_id=payer.code_id,
            )  # fmt: skip
            left_out: Sequence[review.Changed] = ()
            if since or problem not in SAME_REVIEW:
                shown, left_out = review.make(
                    session, person_id=payer.person_id, facts=facts, claim_ids=list(shown.amounts), now=wires.clock(),
                    code_id=payer.code_id, parts=shown.parts,
                )  # fmt: skip
    except review.ReviewUnknown:
        abort(400)
    named = {one.claim_id: one for one in (*left_out, *since, *changed)}
    return _page(payer, shown, tuple(named.values()), problem, minimum_ore), status


def _page(
    payer: Payer, shown: review.Shown, changed: Sequence[review.Changed], problem: Problem | None = None,
    minimum_ore: int = 0,
) -> str:  # fmt: skip
    methods, used = _methods(payer)
    return render_template(
        "citizen/check.html",
        payer=payer,
        numbers=_numbers(payer, shown, changed),
        shown=shown,
        changed=changed,
        methods=methods,
        method=request.form.get("method", used),
        problem=problem or (None if methods else "down"),
        minimum_ore=minimum_ore,
        is_bad_email=problem in ("method", "email") and _is_bad_email(),
        email=request.form.get("email", "").strip()[:LONGEST] if current_wires().mailer else None,
    )


def _methods(payer: Payer) -> tuple[list[str], str]:
    """The ways to pay, the one used last first, and that one. A code's holder is not told how another has paid."""
    wires, facts = current_wires(), current_municipality()
    offered = [method.value for method in wires.methods_of(facts)]
    if payer.code_id is not None or len(offered) < 2:
        return offered, ""
    with transaction(wires.sessions) as session:
        used = queries.method_used_last(session, person_id=payer.person_id, municipality_code=facts.code)
    return sorted(offered, key=lambda one: one != used), used or ""


def _numbers(payer: Payer, shown: review.Shown, changed: Sequence[review.Changed]) -> dict[UUID, int]:
    """What the holder of a code knows bills by."""
    if payer.code_id is None:
        return {}
    with transaction(current_wires().sessions) as session:
        return slips.numbers_of(session, claim_ids=[*shown.amounts, *(one.claim_id for one in changed)])


def _address_of(token: str) -> str:
    """Where the provider sends the browser back to: on the host of this visit's municipality."""
    public = current_wires().settings.public_url
    scheme, _, host = public.partition("://")
    return f"{scheme}://{request.host if _is_ours(request.host, host) else host}/betal/{token}"


def _is_ours(visited: str, public: str) -> bool:
    """The visit's host is one of a municipality's (the page was served by it) on the portal's own port."""
    return visited.rpartition(":")[2] == public.rpartition(":")[2] or ":" not in visited


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(400)


def _ids(texts: Sequence[str]) -> list[UUID]:
    return [_id(text) for text in texts]
