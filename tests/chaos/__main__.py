"""`python -m tests.chaos`: kill portal, worker and ledger 200 times under 20 payments a second, and check every øre.

The exit status is 1 when anything differs, is missing, double or left to do; what it is stands in the last line.
"""

import argparse
import logging
import shutil
import sys
import time
from collections.abc import Sequence
from random import Random

import structlog

from app import embedded
from bench import house
from bench.figures import say
from tests.chaos import trouble, verdict
from tests.chaos.citizens import Citizens
from tests.chaos.town import MORTALS, Town, built
from tests.chaos.weather import Weather, faults_done

_SECONDS_A_KILL = 2.0
"""About how long one takes, with the return of whoever was killed."""
_FAULTS = (
    ("ledger drop_reply", "answers of the ledger lost"),
    ("ledger duplicate", "calls to the ledger doubled"),
    ("stripe duplicate", "notices doubled"),
    ("stripe out_of_order", "late"),
    ("stripe lost", "lost"),
)


def main(arguments: Sequence[str]) -> int:
    """One run. Whatever was started is stopped in the end; the logs stay."""
    chosen = _chosen(arguments)
    folder = embedded.default_folder() / "chaos"
    shutil.rmtree(folder, ignore_errors=True)
    # Sources that cannot be reached are what this is about: the driver need not say so each time.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(f"chaos: SEED={chosen.seed} KILLS={chosen.kills} RATE={chosen.rate:g}", flush=True)
    say("starting a durable PostgreSQL of its own, portal, worker, ledger and the world outside")
    with house.server(folder / "postgres") as server, built(server, folder) as town:
        return _run(town, chosen)


def _chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same again: same kills, same faults")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="payments a second")
    parser.add_argument(
        "--shortest", type=float, default=0.1, help="seconds that one who came back is left alone, at least"
    )
    parser.add_argument("--longest", type=float, default=2.5, help="... at most")
    parser.add_argument("--ahead", type=float, default=240.0, help="seconds for opening payments ahead, at most")
    parser.add_argument("--freezes", type=int, default=4, help="how often the worker is stopped and comes back")
    parser.add_argument("--freeze-seconds", type=float, default=10.0)
    parser.add_argument(
        "--patience", type=float, default=420.0, help="seconds in which nothing moves: then it is stuck"
    )
    parser.add_argument("--ask-at-once", action="store_true", help="do what is done each minute without waiting for it")
    return parser.parse_args(arguments)


def _run(town: Town, chosen: argparse.Namespace) -> int:
    random = Random(chosen.seed)  # noqa: S311 - a run that can be repeated needs no secrecy
    ahead = round(chosen.rate * chosen.kills * _SECONDS_A_KILL)
    citizens = Citizens(town, chosen.rate, ahead)
    weather = Weather(town, Random(random.random()), chosen.rate)  # noqa: S311 - as above
    say(f"citizens open {ahead} payments ahead, or as many as they can within {chosen.ahead:.0f} s")
    citizens.start()
    _wait_for_some(citizens, chosen.ahead)
    citizens.begin_to_pay()
    say("citizens pay, and the killing begins")
    weather.start()
    plan = trouble.Plan(chosen.kills, chosen.shortest, chosen.longest, chosen.freezes, chosen.freeze_seconds)
    began = time.monotonic()
    try:
        trouble.make(town, plan, random)
        for name in MORTALS:
            town.wait_until_back(name)
    finally:
        weather.stop()
        citizens.stop()
    weather.clear()
    took = time.monotonic() - began
    say(f"the killing took {took:.0f} s; waiting until everything has come to rest")
    seconds = verdict.wait(town, citizens, patience_seconds=chosen.patience, asks_at_once=chosen.ask_at_once)
    return _tell(town, citizens, took, seconds)


def _wait_for_some(citizens: Citizens, at_most_seconds: float) -> None:
    """Opening is dearer than paying: most is opened in peace, so that the pace can be kept when the killing is on."""
    deadline = time.monotonic() + at_most_seconds
    while not citizens.opened.full() and time.monotonic() < deadline:
        time.sleep(0.1)


def _tell(town: Town, citizens: Citizens, took: float, seconds: float | None) -> int:
    books, counts = verdict.judge(town, citizens)
    if seconds is None:
        books.faults.insert(0, "not everything came to rest")
    done, kills = faults_done(town), town.crew.kills
    print(
        f"payments {counts.payments} in {took:.0f} s, {counts.payments / took:.1f}/s; {citizens.walked} opened on the "
        f"portal's own pages, {len(citizens.unpaid)} opened and never paid; they tried again {citizens.tries_again} "
        f"times, and the payer was {citizens.most_behind_seconds:.0f} s behind at most"
    )
    print("killed " + ", ".join(f"{name} {kills[name]}" for name in MORTALS) + f" = {sum(kills.values())} times")
    print("faults: " + ", ".join(f"{words} {done.get(name, 0)}" for name, words in _FAULTS))
    print(
        f"messages tried again {counts.retried} times; postings that the ledger saw again {counts.repeats}; "
        f"answers refused because their worker had lost its right {counts.fenced}"
    )
    print(f"whole {seconds:.0f} s after the last kill" if seconds is not None else "not whole")
    print(books.line, flush=True)
    return 1 if books.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
