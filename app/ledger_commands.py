"""Operator commands about the debtor ledgers: `flask --app app ledger ...`."""

from uuid import UUID

import click
from flask.cli import AppGroup

from app.foundation.certificates import ends_at
from app.foundation.db import transaction
from app.ledger import inbox
from app.ledger.port import LedgerError
from app.municipalities.facts import Facts
from app.sf1590 import exchange
from app.wiring import NotConfigured, Wires


def group(wires: Wires) -> AppGroup:
    """The commands. A failure is one line and exit status 1."""
    group = AppGroup("ledger", help="The municipalities' debtor ledgers, and what comes back from them.")
    _add_ping(group, wires)
    _add_parked(group, wires)
    return group


def _add_ping(group: AppGroup, wires: Wires) -> None:
    @group.command("ping")
    def ping() -> None:
        """Ask each municipality's ledger whether payments would arrive; says route, certificate and token too."""
        certificate = wires.settings.ledger_client_certificate
        click.echo(f"our certificate ends at {ends_at(certificate):%Y-%m-%d}" if certificate else "no certificate")
        silent = 0
        for facts in wires.municipalities.every(now=wires.clock()).values():
            try:
                said = f"answers, at {wires.ledger_of(facts).ping():%Y-%m-%d %H:%M:%S}"
            except (LedgerError, NotConfigured) as error:
                said, silent = f"does not answer: {error}", silent + 1
            route = f"{facts.ledger.receiver_cvr}/{facts.ledger.receiver_system or '-'}"
            click.echo(f"{facts.name} ({facts.code}), route {route}, {_token_of(wires, facts)}: {said}")
        if silent:
            raise click.ClickException(f"{silent} do not answer")


def _add_parked(group: AppGroup, wires: Wires) -> None:
    @group.command("parked")
    @click.option("--limit", type=click.IntRange(1, 10000), default=100, show_default=True)
    def show(limit: int) -> None:
        """List messages that could not be read, oldest first."""
        with transaction(wires.sessions) as session:
            found = inbox.parked(session, limit=limit)
            for one in found:
                click.echo(f"{one.id}  {one.municipality_code}  {one.received_at:%Y-%m-%d %H:%M}  {one.kind}")
                click.echo(f"    {one.reason}")
        click.echo(f"{len(found)} parked")

    @group.command("read-again")
    @click.argument("message_id", type=click.UUID)
    def read_again(message_id: UUID) -> None:
        """Read a parked message once more, when what stood in its way has been put right."""
        try:
            with transaction(wires.sessions) as session:
                inbox.read_again(session, message_id=message_id, now=wires.clock())
        except inbox.NoSuchParked:
            raise click.ClickException(f"{message_id} is not a parked message") from None
        click.echo(f"{message_id} will be read again at once")


def _token_of(wires: Wires, facts: Facts) -> str:
    if wires.tickets is None:
        return "no token wanted"
    seconds = wires.tickets.seconds_left_of(exchange.SERVICE, cvr=facts.cvr)
    return "no token" if seconds is None else f"token for {seconds:.0f} s more"
