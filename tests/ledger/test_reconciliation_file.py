"""The ledger's statement as a file: read as systems write it, wrong rows are parked, and again gives the same."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.ledger.reconciliation import ledger_file
from app.ledger.reconciliation.ledger_file import CannotRead, Loaded, Stated, read
from app.ledger.reconciliation.statements import Unread
from tests.demo import ACCOUNT, CODE, KIRSTEN
from tests.ledger.night import DAY, Night

HEAD = "posteringsid;konto;beløb;bogført\n"
ID = UUID("00000000-0000-4000-8000-000000000001")


def written(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "kontoudtog.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("amount", "booked", "ore", "day"),
    [
        ("1.500,00", "27-11-2026", 150000, date(2026, 11, 27)),
        ("1500.00", "2026-11-27", 150000, date(2026, 11, 27)),
        ("1500", "27.11.2026 23:59", 150000, date(2026, 11, 27)),
        ("-60,00", "2026-11-27T23:30:00Z", -6000, date(2026, 11, 28)),
        ("60,5", "2026-11-27T23:30:00", 6050, date(2026, 11, 27)),
    ],
)
def test_amounts_and_days_are_read_as_systems_write_them(
    tmp_path: Path, amount: str, booked: str, ore: int, day: date
) -> None:
    (row,) = read(written(tmp_path, f"{HEAD}{ID};{ACCOUNT};{amount};{booked}\r\n"))
    assert isinstance(row, Stated)
    assert (row.day, row.line.amount_ore, row.line.matter, row.line.road) == (day, ore, ID, ACCOUNT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_columns_stand_in_any_order_and_letters_as_the_system_has_them(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    rows = [["Bogført", "Tekst", "Beløb", "Konto", "PosteringsId"], ["2026-11-27", "æøå", "60", ACCOUNT, str(ID)]]
    path = written(tmp_path, "\n".join(separator.join(row) for row in rows), encoding=encoding)
    (row,) = read(path)
    assert isinstance(row, Stated)
    assert (row.line.amount_ore, row.line.matter) == (6000, ID)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x;a;60,00;2026-11-27", "posteringsid er ikke et UUID"),
        (f"{ID};a;tres;2026-11-27", "beløb er ikke et beløb"),
        (f"{ID};a;60,00;i går", "bogført er ikke en dato"),
        (f"{ID};a;60,00;31-02-2026", "bogført er ikke en dato"),
        (f"{ID};a;60,00", "rækken har for få felter"),
        (f'"{ID};a;60,00;2026-11-27', "rækken er ikke CSV"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_the_rest_goes_on(tmp_path: Path, row: str, reason: str) -> None:
    good = f"{ID};{ACCOUNT};60,00;2026-11-27"
    first, wrong, last = read(written(tmp_path, f"{HEAD}{good}\n{row}\n\n{good}\n"))
    assert isinstance(first, Stated)
    assert isinstance(last, Stated)
    assert isinstance(wrong, Unread)
    assert (wrong.line_no, wrong.reason, wrong.raw) == (3, reason, row)


def test_a_file_that_is_no_statement_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="konto, bogført"):
        list(read(written(tmp_path, "posteringsid;beløb\n")))
    with pytest.raises(CannotRead, match="åbnes"):
        list(read(tmp_path / "mangler.csv"))
    path = tmp_path / "billede.png"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(CannotRead):
        list(read(path))
    with pytest.raises(CannotRead, match="mangler"):
        list(read(written(tmp_path, "")))


def loaded(night: Night, path: Path) -> Loaded:
    sessions = night.town.sessions
    return ledger_file.load(sessions, path=path, municipality_code=CODE, clock=lambda: night.now)


def rows_of(night: Night) -> str:
    booked = night.portal.ledger.booked.values()
    return "".join(f"{one.posting_id};{one.account};{one.amount_ore / 100:.2f};{DAY}\n" for one in booked)


@pytest.mark.database
def test_a_file_states_its_days_in_place_of_the_wire(night: Night, tmp_path: Path) -> None:
    night.paid("d1", "d2")
    night.fine_paid()
    whole = rows_of(night)
    for _again in range(2):
        assert loaded(night, written(tmp_path, HEAD + whole)) == Loaded(2, 0, (DAY,))
        asked = night.portal.ledger.calls
        assert night.reconciled().differences == 0
        assert night.portal.ledger.calls == asked, "the wire is not asked"
        row = night.row()
        assert (row.ledger_by, row.ledger_ore, row.is_clean) == ("file", 307500, True)


@pytest.mark.database
def test_faults_in_a_file_are_named(night: Night, tmp_path: Path) -> None:
    first, second = night.paid("d1"), night.paid("d2", amount_ore=20000)
    postings = list(night.portal.ledger.booked)
    whole = rows_of(night)
    lost, kept = whole.splitlines(keepends=True)
    loaded(night, written(tmp_path, HEAD + kept + kept))
    night.reconciled()
    found = {(task.kind, task.subject_id, task.facts["amount_ore"]) for task in night.differences()}
    assert found == {
        ("difference.not_in_ledger", first.id, -150000), ("difference.doubled_in_ledger", second.id, 20000),
    }  # fmt: skip
    assert lost.startswith(str(postings[0]))
    loaded(night, written(tmp_path, HEAD + whole))
    night.reconciled()
    assert (night.differences(), len(night.closed())) == ([], 2)


@pytest.mark.database
def test_what_a_file_says_was_taken_back_is_no_other_payment(night: Night, tmp_path: Path) -> None:
    night.paid()
    later = DAY + timedelta(days=2)
    back = rows_of(night).replace(";1500.00;", ";-500.00;").replace(str(DAY), str(later))
    loaded(night, written(tmp_path, HEAD + rows_of(night) + back))
    assert night.reconciled().differences == 0
    assert night.reconciled(later).differences == 0


@pytest.mark.database
def test_rows_and_files_that_cannot_be_read_are_parked_once_with_cpr_hidden(night: Night, tmp_path: Path) -> None:
    night.paid()
    wrong = f"x;{KIRSTEN};60,00;{DAY}\n"
    path = written(tmp_path, HEAD + rows_of(night) + wrong)
    for _again in range(2):
        assert loaded(night, path) == Loaded(1, 1, (DAY,))
        (parked,) = night.parked()
        assert (parked.name, parked.line_no, parked.day) == ("kontoudtog.csv", 3, DAY)
        assert (parked.raw, parked.reason) == (f"x;[cpr];60,00;{DAY}", "posteringsid er ikke et UUID")
    assert night.reconciled().parked == 1
    assert not night.row().is_clean
    assert loaded(night, written(tmp_path, "andet\n", name="andet.csv")) == Loaded(parked=1)
    assert [one.name for one in night.parked()] == ["andet.csv", "kontoudtog.csv"]
    assert loaded(night, written(tmp_path, HEAD + rows_of(night))) == Loaded(1, 0, (DAY,))
    assert night.reconciled().parked == 0, "what is mended is not parked any more"
