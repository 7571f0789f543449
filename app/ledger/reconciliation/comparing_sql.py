"""The statements that compare a day, to be run in one transaction: sums a payment, then what differs, then its names.

Working tables live for the transaction. What is found on another day than it stands on here is no difference: a minute
at midnight, or a notice that came late. It counts on the day that the outside gives it.
"""

from dataclasses import dataclass

_DAY_LINES = "municipality_code = :code AND day = :day"
_MONEY = "kind IN ('capture', 'refund', 'dispute')"
_FLOW = "CASE kind WHEN 'capture' THEN 'capture' ELSE 'back' END"
_ENTRY_FLOW = "CASE e.kind WHEN 'capture' THEN 'capture' ELSE 'back' END"


@dataclass(frozen=True)
class Comparison:
    """One side of the comparison: what prepares it, its totals (one row), and what differs.

    Rows that differ bear `many` and `all_ore`: how many of their kind there are, and what those amount to.
    """

    steps: tuple[str, ...]
    totals: str
    gaps: str


PROVIDER = Comparison(
    steps=(
        "CREATE TEMP TABLE said (matter uuid, flow text, ore bigint) ON COMMIT DROP",
        f"""INSERT INTO said SELECT matter, {_FLOW}, sum(amount_ore) FROM statement_line
        WHERE {_DAY_LINES} AND side = 'provider' AND road = ANY (:roads) AND matter IS NOT NULL AND {_MONEY}
        GROUP BY 1, 2""",
        "CREATE TEMP TABLE booked (matter uuid, flow text, ore bigint) ON COMMIT DROP",
        f"""INSERT INTO booked SELECT e.payment_id, {_ENTRY_FLOW}, sum(l.amount_ore)
        FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
        WHERE e.municipality_code = :code AND e.at >= :began AND e.at < :ended AND e.payment_id IS NOT NULL
          AND l.account LIKE 'provider/%' AND split_part(l.account, '/', 2) = ANY (:roads)
        GROUP BY 1, 2""",
        """CREATE TEMP TABLE gap (matter uuid, flow text, said_ore bigint, booked_ore bigint, all_said bigint,
        all_booked bigint, lines bigint, differs boolean) ON COMMIT DROP""",
        """INSERT INTO gap SELECT matter, flow, said.ore, booked.ore FROM said FULL JOIN booked USING (matter, flow)
        WHERE said.ore IS DISTINCT FROM booked.ore""",
        "ANALYZE gap",
        f"""UPDATE gap SET
        (all_said, lines) = (SELECT coalesce(sum(l.amount_ore), 0), count(*) FROM statement_line l
          WHERE l.matter = gap.matter AND l.side = 'provider' AND {_MONEY} AND {_FLOW} = gap.flow),
        all_booked = (SELECT coalesce(sum(l.amount_ore), 0)
          FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
          WHERE e.payment_id = gap.matter AND l.account LIKE 'provider/%'
            AND {_ENTRY_FLOW} = gap.flow)""",
        "UPDATE gap SET differs = all_said <> all_booked AND (said_ore IS NOT NULL OR lines = 0)",
    ),
    totals=f"""SELECT provider.*, coalesce(booked.ore, 0) + coalesce(moved.ore, 0) AS journal_ore,
          booked.number + moved.number AS journal_count
        FROM (SELECT sum(amount_ore) FILTER (WHERE {_MONEY}) AS provider_ore,
            count(*) FILTER (WHERE {_MONEY}) AS provider_count,
            sum(CASE kind WHEN 'fee' THEN less_ore - amount_ore ELSE less_ore END) AS fee_ore
          FROM statement_line WHERE {_DAY_LINES} AND side = 'provider' AND road = ANY (:roads)) provider,
          (SELECT sum(ore) AS ore, count(*) AS number FROM booked) booked,
          (SELECT sum(coalesce(said_ore, 0) - coalesce(booked_ore, 0)) AS ore,
            count(said_ore) - count(booked_ore) AS number FROM gap WHERE NOT differs) moved""",
    gaps="""SELECT * FROM (
          SELECT matter, flow, all_said AS said_ore, all_booked AS booked_ore, count(*) OVER kind AS many,
            sum(all_said - all_booked) OVER kind AS all_ore,
            row_number() OVER (PARTITION BY all_said = 0, all_booked = 0 ORDER BY matter, flow) AS number
          FROM gap WHERE differs WINDOW kind AS (PARTITION BY all_said = 0, all_booked = 0)) named
        WHERE number <= :most ORDER BY matter, flow""",
)
STRANGERS = f"""SELECT reference, kind, road, amount_ore, count(*) OVER () AS many, sum(amount_ore) OVER () AS all_ore
        FROM statement_line
        WHERE {_DAY_LINES} AND side = 'provider' AND road = ANY (:roads) AND matter IS NULL AND {_MONEY}
        ORDER BY road, reference LIMIT :most"""
# What differs of a day's postings. `*_here`: the amount on this day; `stated`, `ours`: less what was taken back.
_LEDGER_GAP = """CREATE TEMP TABLE posting_gap (matter uuid, account text, payment_id uuid, stated_here bigint,
        ours_here bigint, times bigint, stated bigint, ours bigint, is_ours boolean, is_accepted boolean,
        has_twin boolean DEFAULT false, is_others boolean DEFAULT false, differs boolean) ON COMMIT DROP"""
_REVERSED = """SELECT posting_id, sum(amount_ore) AS ore FROM ledger_reversal
          WHERE municipality_code = :code AND state = 'accepted' AND :counts_reversed GROUP BY 1"""
LEDGER = Comparison(
    steps=(
        """CREATE TEMP TABLE stated (matter uuid, account text, times bigint, ore bigint, less bigint)
        ON COMMIT DROP""",
        f"""INSERT INTO stated SELECT matter, min(road), count(*), sum(amount_ore), sum(less_ore) FROM statement_line
        WHERE {_DAY_LINES} AND side = 'ledger' AND matter IS NOT NULL AND amount_ore > 0 AND road <> ALL (:unread)
        GROUP BY 1""",
        """CREATE TEMP TABLE ours (matter uuid, account text, payment_id uuid, ore bigint, less bigint)
        ON COMMIT DROP""",
        f"""INSERT INTO ours SELECT p.id, p.account, p.payment_id, p.amount_ore, coalesce(r.ore, 0)
        FROM ledger_posting p LEFT JOIN ({_REVERSED}) r ON r.posting_id = p.id
        WHERE p.municipality_code = :code AND p.state = 'accepted' AND p.answered_at >= :began
          AND p.answered_at < :ended AND p.account <> ALL (:unread)""",
        _LEDGER_GAP,
        """INSERT INTO posting_gap
        SELECT matter, coalesce(stated.account, ours.account), ours.payment_id, stated.ore, ours.ore,
          coalesce(stated.times, 0), coalesce(stated.ore - stated.less, 0), coalesce(ours.ore - ours.less, 0),
          ours.matter IS NOT NULL, ours.matter IS NOT NULL
        FROM stated FULL JOIN ours USING (matter)
        WHERE stated.matter IS NULL OR ours.matter IS NULL OR stated.times > 1
          OR stated.ore - stated.less <> ours.ore - ours.less""",
        "ANALYZE posting_gap",
        "ANALYZE ours",
        f"""UPDATE posting_gap g SET is_ours = true, payment_id = p.payment_id, is_accepted = p.state = 'accepted',
          ours = CASE p.state WHEN 'accepted' THEN p.amount_ore - coalesce(r.ore, 0) ELSE 0 END
        FROM ledger_posting p LEFT JOIN ({_REVERSED}) r ON r.posting_id = p.id
        WHERE NOT g.is_ours AND p.id = g.matter""",
        """UPDATE posting_gap g SET is_ours = true, payment_id = m.subject_id FROM outbox_message m
        WHERE NOT g.is_ours AND m.id = g.matter AND m.kind = 'ledger.post'""",
        """UPDATE posting_gap g SET (times, stated) = (
          SELECT count(*), coalesce(sum(l.amount_ore - l.less_ore), 0) FROM statement_line l
          WHERE l.matter = g.matter AND l.side = 'ledger' AND l.amount_ore > 0)
        WHERE g.stated_here IS NULL""",
        """UPDATE posting_gap g SET has_twin = true FROM ours
        WHERE NOT g.is_ours AND ours.account = g.account AND ours.ore = g.stated_here""",
        """UPDATE posting_gap SET is_others = NOT is_ours AND NOT has_twin AND times = 1
          AND account <> ALL (:collecting)""",
        """UPDATE posting_gap SET differs = NOT is_others AND (stated_here IS NOT NULL OR times = 0)
          AND NOT (is_accepted AND times = 1 AND stated = ours)""",
    ),
    totals="""SELECT coalesce(stated.ore, 0) - coalesce(moved.others_ore, 0) AS ledger_ore,
          stated.number - moved.others_number AS ledger_count,
          coalesce(ours.ore, 0) + coalesce(moved.ore, 0) AS accepted_ore, ours.number + moved.number AS accepted_count
        FROM (SELECT sum(ore) AS ore, count(*) AS number FROM stated) stated,
          (SELECT sum(ore) AS ore, count(*) AS number FROM ours) ours,
          (SELECT sum(coalesce(stated_here, 0) - coalesce(ours_here, 0)) FILTER (WHERE NOT is_others) AS ore,
            count(stated_here) FILTER (WHERE NOT is_others) - count(ours_here) AS number,
            sum(stated_here) FILTER (WHERE is_others) AS others_ore,
            count(*) FILTER (WHERE is_others) AS others_number
          FROM posting_gap WHERE NOT differs) moved""",
    gaps="""SELECT * FROM (
          SELECT *, count(*) OVER kind AS many, sum(stated - ours) OVER kind AS all_ore, row_number() OVER (
              PARTITION BY times > 1, times = 0, is_ours, is_accepted, has_twin ORDER BY matter) AS number
          FROM posting_gap WHERE differs
          WINDOW kind AS (PARTITION BY times > 1, times = 0, is_ours, is_accepted, has_twin)) named
        WHERE number <= :most ORDER BY matter""",
)
TRANSIT = """SELECT c.payment_id, sum(l.amount_ore) AS amount_ore, count(*) OVER () AS many,
          sum(sum(l.amount_ore)) OVER () AS all_ore
        FROM journal_entry c JOIN journal_entry e ON e.payment_id = c.payment_id
          JOIN journal_line l ON l.entry_id = e.id
        WHERE c.municipality_code = :code AND c.kind = 'capture' AND c.at >= :began AND c.at < :ended
          AND c.at < :transit_before AND l.account = :transit
        GROUP BY c.payment_id HAVING sum(l.amount_ore) <> 0 ORDER BY c.payment_id LIMIT :most"""
_TOLD = """FROM write_back w JOIN payment_line p ON p.payment_id = w.payment_id AND p.claim_id = w.claim_id
        WHERE w.municipality_code = :code AND w.created_at >= :began AND w.created_at < :ended
          AND w.state <> 'withdrawn'"""
SOURCE = Comparison(
    steps=(),
    totals=f"""SELECT sum(p.amount_ore) AS told_ore, count(*) AS told_count,
          sum(p.amount_ore) FILTER (WHERE w.state = 'known') AS known_ore,
          count(*) FILTER (WHERE w.state = 'known') AS known_count {_TOLD}""",
    gaps=f"""SELECT w.payment_id, w.claim_id, w.state, p.amount_ore, count(*) OVER () AS many,
          -sum(p.amount_ore) OVER () AS all_ore {_TOLD}
          AND w.state <> 'known' AND w.created_at < :source_before
        ORDER BY w.payment_id, w.claim_id LIMIT :most""",
)
