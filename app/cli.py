"""Operator commands: `flask --app app <command>`. Each prints what it did; a failure is one line and exit status 1."""

import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.engine import make_url

from app import ledger_commands, listening, reconciling, worker
from app.foundation import schema
from app.foundation.db import transaction
from app.ledger.reconciliation import ledger_file
from app.ledger.reconciliation.alone import AlreadyRunning
from app.ledger.reconciliation.day import Outcome
from app.municipalities import register
from app.municipalities.facts import Facts
from app.outbox import queries as outbox_queries
from app.outbox import queue
from app.payments import diagram
from app.payments.port import ProviderError
from app.payments.registration import RegistersNotices
from app.tasks import queries as task_queries
from app.wiring import Wires


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)


def install(app: Flask, wires: Wires) -> None:
    """Give an application its commands."""
    app.cli.add_command(_database(wires))
    app.cli.add_command(_municipality(wires))
    app.cli.add_command(_outbox(wires))
    app.cli.add_command(_tasks(wires))
    app.cli.add_command(ledger_commands.group(wires))
    app.cli.add_command(_payouts(wires))
    app.cli.add_command(_reconcile(wires))
    app.cli.add_command(_mobilepay(wires))

    @app.cli.command("states")
    def draw_states() -> None:
        """Print the states of payments and refunds, drawn from their tables: docs/payment-states.md."""
        click.echo(diagram.drawn())

    @app.cli.command("worker")
    def run_worker() -> None:
        """Deliver promises and run periodic tasks, until SIGTERM or Ctrl-C."""
        worker.run(wires, database_url=_database_url(wires))

    @app.cli.command("beskedfordeler")
    def take_messages() -> None:
        """Take the ledger's messages from Beskedfordeler's queue, until SIGTERM or Ctrl-C."""
        if wires.messages is None:
            _fail("BDK_BESKEDFORDELER_AMQP_URL or BDK_BESKEDFORDELER_QUEUE is unset: there is no queue to take from")
        listening.run(wires, messages=wires.messages)
        click.echo("stopped")


def _database_url(wires: Wires) -> str:
    url = wires.settings.database_url
    if not url:
        _fail("BDK_DATABASE_URL is unset: run `make demo` or `make run`, which bring a database, or set it")
    return url


def _database(wires: Wires) -> AppGroup:
    group = AppGroup("db", help="The database's schema.")

    @group.command("upgrade")
    def upgrade() -> None:
        """Bring the schema up to date as its owner, and grant the portal's role what it needs."""
        app_url = _database_url(wires)
        owner_url = wires.settings.migration_database_url or app_url
        revision = schema.upgrade(owner_url, app_role=make_url(app_url).username or "")
        click.echo(f"the database is at {revision}")

    return group


def _municipality(wires: Wires) -> AppGroup:
    group = AppGroup("municipality", help="The municipalities' own facts.")

    @group.command("load")
    @click.argument("file", type=click.Path(path_type=Path))
    def load(file: Path) -> None:
        """Validate a municipality's YAML file whole and put it in force; nothing changes if anything is wrong."""
        try:
            facts = register.read(file.read_text(encoding="utf-8"))
            with transaction(wires.sessions) as session:
                register.load(session, facts=facts, now=wires.clock())
        except (OSError, UnicodeDecodeError) as error:
            _fail(f"{file}: {error}")
        except register.BadMunicipalityFile as error:
            _fail(f"{file} was not loaded:\n{error}")
        click.echo(f"{facts.name} ({facts.code}) is in force, at {', '.join(facts.hosts)}")

    return group


def _outbox(wires: Wires) -> AppGroup:
    group = AppGroup("outbox", help="Promises kept later.")

    @group.command("list")
    @click.option("--state", type=click.Choice(["due", "dead", "done"]), default="dead", show_default=True)
    @click.option("--limit", type=click.IntRange(1, 10000), default=100, show_default=True)
    def show(state: str, limit: int) -> None:
        """List messages, oldest first: dead ones unless told otherwise."""
        with transaction(wires.sessions) as session:
            found = outbox_queries.messages(session, state=state, limit=limit)
            for one in found:
                click.echo(
                    f"{one.id}  {one.kind:<16} {one.state:<4} tries {one.attempts:<3} due {one.due_at:%Y-%m-%d %H:%M}"
                    f"  {one.last_error or ''}".rstrip()
                )
        click.echo(f"{len(found)} {state}")

    @group.command("roads")
    def show_roads() -> None:
        """List the roads over which nobody answers: since when, why, when they are probed, and what waits for them."""
        with transaction(wires.sessions) as session:
            silent = outbox_queries.silent_roads(session)
            for one in silent:
                kinds = worker.kinds_over(one.wire)
                waiting = outbox_queries.waiting_on(session, kinds=kinds, municipality_code=one.municipality_code)
                click.echo(
                    f"{one.wire}/{one.municipality_code}  silent since {one.silent_since:%Y-%m-%d %H:%M:%S}"
                    f"  probed {one.rests} times, again at {one.rests_until:%H:%M:%S}  {waiting} wait  {one.reason}"
                )
        click.echo(f"{len(silent)} silent")

    @group.command("revive")
    @click.argument("message_id", type=click.UUID)
    def revive(message_id: UUID) -> None:
        """Try a dead message again, from the beginning of its patience."""
        try:
            with transaction(wires.sessions) as session:
                queue.revive(session, message_id=message_id, now=wires.clock())
        except queue.NoSuchDeadMessage:
            _fail(f"{message_id} is not a dead message")
        click.echo(f"{message_id} will be tried again at once")

    return group


def _tasks(wires: Wires) -> AppGroup:
    group = AppGroup("tasks", help="Work for people.")

    @group.command("list")
    @click.option("--municipality", "code", help="Only this municipality's code.")
    @click.option("--limit", type=click.IntRange(1, 10000), default=100, show_default=True)
    def show(code: str | None, limit: int) -> None:
        """List open tasks, oldest first."""
        with transaction(wires.sessions) as session:
            found = task_queries.open_tasks(session, municipality_code=code, limit=limit)
            for one in found:
                click.echo(f"{one.id}  {one.municipality_code}  {one.kind}: {one.reason}")
                click.echo(f"    next: {one.next_step}")
        click.echo(f"{len(found)} open")

    return group


def _mobilepay(wires: Wires) -> AppGroup:
    group = AppGroup("mobilepay", help="The agreement with MobilePay.")

    @group.command("register")
    @click.option("--renew", is_flag=True, help="Register anew although it stands, and end the registration before it.")
    def register_webhook(renew: bool) -> None:
        """Have MobilePay send notices of payments to /hooks/mobilepay, for every merchant."""
        merchants, faults = wires.merchants()
        registering = [(facts, one) for facts, one in merchants if isinstance(one, RegistersNotices)]
        for fault in faults:
            click.echo(f"not configured: {fault}", err=True)
        if not registering:
            _fail("no municipality has MobilePay: set BDK_MOBILEPAY_CLIENT_ID and the others, or name credentials")
        try:
            for facts, provider in registering:
                _register(facts, provider, renew=renew)
        except ProviderError as error:
            _fail(f"MobilePay said no: {error}")

    return group


def _register(facts: Facts, provider: RegistersNotices, *, renew: bool) -> None:
    """Register one merchant's webhook; registrations of our door that it takes the place of are ended afterwards."""
    before = [one for one in provider.registrations() if one.url == provider.notice_url]
    if not renew and any(provider.is_ours(one) for one in before):
        click.echo(f"{facts.name}: {provider.notice_url} is registered already (its secret cannot be shown again)")
        return
    made = provider.register()
    for one in before:
        provider.unregister(one.id)
    where = "BDK_MOBILEPAY_WEBHOOK_SECRETS"
    if facts.mobilepay_credentials:
        where = f"webhook_secrets in the entry {facts.mobilepay_credentials!r} of BDK_SECRETS"
    click.echo(f"{facts.name}: {provider.notice_url} is registered as {made.id}")
    click.echo(f"    its secret, shown this once: {made.secret}")
    click.echo(f"    add it to {where} and start the portal again; until then MobilePay sends its notices anew")


def _payouts(wires: Wires) -> AppGroup:
    group = AppGroup("payouts", help="What providers have paid to the bank.")

    @group.command("fetch")
    def fetch() -> None:
        """Fetch new payouts now; the worker does it every night. What does not add up becomes a task."""
        try:
            click.echo(worker.fetch_payouts(wires, wires.clock()))
        except worker.NotRead as error:
            _fail(f"not every merchant answered: {error}")

    return group


def _reconcile(wires: Wires) -> AppGroup:
    group = AppGroup("reconcile", help="Provider, journal, ledger and source side by side.")

    @group.command("run")
    @click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only this day; else those that the night takes.")
    @click.option("--municipality", "code", help="Only this municipality's code.")
    def run(day: datetime | None, code: str | None) -> None:
        """Reconcile now; the worker does it every night. Whatever differs becomes a task."""
        codes = [code] if code else sorted(wires.municipalities.every(now=wires.clock()))
        silent = 0
        for one in codes:
            for outcome in _reconciled(wires, one, day):
                click.echo(f"{one} {outcome.line}")
                silent += len(outcome.silent)
        if silent:
            _fail(f"{silent} sides could not be read")

    @group.command("ledger-file")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--municipality", "code", required=True, help="Whose ledger it states.")
    def load(file: Path, code: str) -> None:
        """Take in a statement that the finance system has exported, and reconcile the days that it holds."""
        try:
            wires.facts(code)
            loaded = ledger_file.load(wires.sessions, path=file, municipality_code=code, clock=wires.clock)
            click.echo(f"{file.name}: {loaded.rows} rows of {len(loaded.days)} days, {loaded.parked} parked")
            for outcome in reconciling.run(wires, code=code, days=loaded.days):
                click.echo(f"{code} {outcome.line}")
        except (AlreadyRunning, register.UnknownMunicipality) as error:
            _fail(f"nothing was done: {error}")
        if not loaded.days:
            _fail(f"{file.name} holds no row that can be read")

    return group


def _reconciled(wires: Wires, code: str, day: datetime | None) -> list[Outcome]:
    try:
        return reconciling.run(wires, code=code, days=[day.date()] if day else None)
    except (AlreadyRunning, register.UnknownMunicipality) as error:
        _fail(f"{code} was not reconciled: {error}")
