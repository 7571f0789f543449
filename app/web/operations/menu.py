"""The desk's menu: a line for each of its pages, in the order in which a day goes."""

from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext

DESK = "/personale/opkraevning"


@dataclass(frozen=True)
class Item:
    """One line. A page says with `menu_item` = `key` that it is the one at hand."""

    key: str
    path: str
    label: LazyString


MENU: tuple[Item, ...] = (
    Item("operations", DESK, lazy_gettext("Overblik")),
    Item("failures", f"{DESK}/fejl", lazy_gettext("Fejlkø")),
    Item("reconciliation", f"{DESK}/afstemning", lazy_gettext("Afstemning")),
    Item("refunds", f"{DESK}/tilbagebetalinger", lazy_gettext("Tilbagebetalinger")),
    Item("operations_citizen", f"{DESK}/borger", lazy_gettext("Slå borger op")),
    Item("questions", f"{DESK}/spoergsmaal", lazy_gettext("Spørgsmål")),
    Item("figures", f"{DESK}/tal", lazy_gettext("Tal")),
)
