"""The statements that compare a day, to be run in one transaction: sums a payment, then what differs, then its names.

Working tables live for the transaction. What is found on another day than it stands on here is no difference: a minute
at midnight, or a notice that came late. It counts on the day that the outside gives it.
"""

from dataclasses import dataclass

# Ids are in time's order, and so are the rows: sorting finds them sorted, where hashing jumps about in memory.
PLANS = ("SET LOCAL work_mem = '64MB'", "SET LOCAL enable_hashagg = off", "SET LOCAL enable_hashjoin = off")
_DAY_LINES = "municipality_code = :code AND day = :day"
_MONEY = "kind IN ('capture', 'refund', 'dispute')"


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
        "CREATE TEMP TABLE held (matter uuid, is_capture boolean, said_ore bigint, booked_ore bigint) ON COMMIT DROP",
        f"""INSERT INTO held SELECT * FROM (
          SELECT matter, kind = 'capture' AS is_capture, sum(amount_ore) FROM statement_line
          WHERE {_DAY_LINES} AND side = 'provider' AND road = ANY (:roads) AND matter IS NOT NULL AND {_MONEY}
          GROUP BY 1, 2) said
        FULL JOIN (
          SELECT e.payment_id AS matter, e.kind = 'capture' AS is_capture, sum(l.amount_ore)
          FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
          WHERE e.municipality_code = :code AND e.at >= :began AND e.at < :ended AND e.payment_id IS NOT NULL
            AND l.account = ANY (:provider_accounts)
          GROUP BY 1, 2) booked USING (matter, is_capture)""",
        """CREATE TEMP TABLE gap (matter uuid, is_capture boolean, said_ore bigint, booked_ore bigint, all_said bigint,
        all_booked bigint, lines bigint, differs boolean) ON COMMIT DROP""",
        "INSERT INTO gap SELECT * FROM held WHERE said_ore IS DISTINCT FROM booked_ore",
        "ANALYZE gap",
        f"""UPDATE gap SET
        (all_said, lines) = (SELECT coalesce(sum(l.amount_ore), 0), count(*) FROM statement_line l
          WHERE l.matter = gap.matter AND l.side = 'provider' AND {_MONEY} AND (kind = 'capture') = is_capture),
        all_booked = (SELECT coalesce(sum(l.amount_ore), 0)
          FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
          WHERE e.payment_id = gap.matter AND l.account LIKE 'provider/%'
            AND (e.kind = 'capture') = is_capture)""",
        "UPDATE gap SET differs = all_said <> all_booked AND (said_ore IS NOT NULL OR lines = 0)",
    ),
    totals=f"""SELECT provider.*, coalesce(booked.ore, 0) + coalesce(moved.ore, 0) AS journal_ore,
          booked.number + moved.number AS journal_count
        FROM (SELECT sum(amount_ore) FILTER (WHERE {_MONEY}) AS provider_ore,
            count(*) FILTER (WHERE {_MONEY}) AS provider_count,
            sum(CASE kind WHEN 'fee' THEN less_ore - amount_ore ELSE less_ore END) AS fee_ore
          FROM statement_line WHERE {_DAY_LINES} AND side = 'provider' AND road = ANY (:roads)) provider,
          (SELECT sum(booked_ore) AS ore, count(booked_ore) AS number FROM held) booked,
          (SELECT sum(coalesce(said_ore, 0) - coalesce(booked_ore, 0)) AS ore,
            count(said_ore) - count(booked_ore) AS number FROM gap WHERE NOT differs) moved""",
    gaps="""SELECT * FROM (
          SELECT matter, is_capture, all_said AS said_ore, all_booked AS booked_ore, count(*) OVER kind AS many,
            sum(all_said - all_booked) OVER kind AS all_ore,
            row_number() OVER (PARTITION BY all_said = 0, all_booked = 0 ORDER BY matter, is_capture) AS number
          FROM gap WHERE differs WINDOW kind AS (PARTITION BY all_said = 0, all_booked = 0)) named
        WHERE number <= :most ORDER BY matter, is_capture""",
)
STRANGERS = f"""SELECT reference, kind, road, amount_ore, count(*) OVER () AS many, sum(amount_ore) OVER () AS all_ore
        FROM statement_line
        WHERE {_DAY_LINES} AND side = 'provider' AND road = ANY (:roads) AND matter IS NULL AND {_MONEY}
        ORDER BY road, reference LIMIT :most"""
_POSTING_LINES = "side = 'ledger' AND matter IS NOT NULL AND amount_ore > 0 AND road <> ALL (:unread)"
# What differs of a day's postings. `*_here`: on this day, before anything was taken back; `stated`, `ours`: on this
# day, less what was taken back; `*_all`: on all days. Of a posting of ours that stands on several days the first line
# is the one that was meant: one that comes after an `earlier` day's is one too many.
_LEDGER_GAP = """CREATE TEMP TABLE posting_gap (matter uuid, account text, payment_id uuid, stated_here bigint,
        ours_here bigint, times bigint, stated bigint, ours bigint DEFAULT 0, earlier bigint DEFAULT 0,
        times_all bigint DEFAULT 1, stated_all bigint, is_ours boolean DEFAULT false,
        is_accepted boolean DEFAULT false, has_twin boolean DEFAULT false, is_others boolean, differs boolean)
        ON COMMIT DROP"""
LEDGER = Comparison(
    steps=(
        """CREATE TEMP TABLE posted (matter uuid, times bigint, stated_ore bigint, stated bigint, account text,
        our_ore bigint) ON COMMIT DROP""",
        f"""INSERT INTO posted SELECT * FROM (
          SELECT matter, count(*), sum(amount_ore), sum(amount_ore - less_ore) FROM statement_line
          WHERE {_DAY_LINES} AND {_POSTING_LINES} GROUP BY matter) stated
        FULL JOIN (
          SELECT id AS matter, account, amount_ore FROM ledger_posting
          WHERE municipality_code = :code AND state = 'accepted' AND answered_at >= :began AND answered_at < :ended
            AND account <> ALL (:unread)) ours USING (matter)""",
        _LEDGER_GAP,
        f"""INSERT INTO posting_gap (matter, account, stated_here, ours_here, times, stated)
        SELECT matter, coalesce((SELECT min(l.road) FROM statement_line l
            WHERE l.matter = posted.matter AND {_DAY_LINES} AND {_POSTING_LINES}), account),
          stated_ore, our_ore, coalesce(times, 0), coalesce(stated, 0)
        FROM posted
        WHERE stated_ore IS NULL OR our_ore IS NULL OR times > 1 OR stated <> our_ore
          OR (:counts_reversed AND matter IN (SELECT posting_id FROM ledger_reversal
            WHERE municipality_code = :code AND state = 'accepted'))
          OR EXISTS (SELECT FROM statement_line l
            WHERE l.matter = posted.matter AND l.side = 'ledger' AND l.amount_ore > 0 AND l.day < :day)""",
        "ANALYZE posting_gap",
        """UPDATE posting_gap g SET is_ours = true, payment_id = p.payment_id, is_accepted = p.state = 'accepted',
          ours = CASE p.state WHEN 'accepted' THEN p.amount_ore - (
            SELECT coalesce(sum(r.amount_ore), 0) FROM ledger_reversal r WHERE r.payment_id = p.payment_id
              AND r.posting_id = p.id AND r.state = 'accepted' AND :counts_reversed) ELSE 0 END
        FROM ledger_posting p WHERE p.id = g.matter""",
        """UPDATE posting_gap g SET is_ours = true, payment_id = m.subject_id FROM outbox_message m
        WHERE NOT g.is_ours AND m.id = g.matter AND m.kind = 'ledger.post'""",
        """UPDATE posting_gap g SET (earlier, times_all, stated_all) = (
          SELECT count(*) FILTER (WHERE l.day < :day), count(*), coalesce(sum(l.amount_ore - l.less_ore), 0)
          FROM statement_line l WHERE l.matter = g.matter AND l.side = 'ledger' AND l.amount_ore > 0)
        WHERE is_ours""",
        """UPDATE posting_gap g SET has_twin = true WHERE NOT is_ours AND EXISTS (
          SELECT FROM posted WHERE posted.account = g.account AND our_ore = g.stated_here)""",
        """UPDATE posting_gap SET is_others = NOT is_ours AND NOT has_twin AND times = 1
          AND account <> ALL (:collecting)""",
        """UPDATE posting_gap SET ours = CASE earlier WHEN 0 THEN ours ELSE 0 END,
          differs = NOT is_others AND (stated_here IS NOT NULL OR times_all = 0) AND NOT (
            is_accepted AND times_all > 0
            AND (stated_all = ours OR stated = CASE earlier WHEN 0 THEN ours ELSE 0 END))""",
    ),
    # What agrees counts on the day of its first line.
    totals="""SELECT coalesce(stated.ore, 0) - coalesce(moved.others_ore, 0) AS ledger_ore,
          stated.number - moved.others_number AS ledger_count,
          coalesce(ours.ore, 0) + coalesce(moved.ore, 0) - coalesce(moved.ours_ore, 0) AS accepted_ore,
          ours.number + moved.number - moved.ours_number AS accepted_count
        FROM (SELECT sum(stated_ore) AS ore, count(stated_ore) AS number FROM posted) stated,
          (SELECT sum(our_ore) AS ore, count(our_ore) AS number FROM posted) ours,
          (SELECT sum(stated_here) FILTER (WHERE counts) AS ore, count(stated_here) FILTER (WHERE counts) AS number,
            sum(stated_here) FILTER (WHERE NOT counts) AS others_ore,
            count(stated_here) FILTER (WHERE NOT counts) AS others_number,
            sum(ours_here) FILTER (WHERE leaves) AS ours_ore, count(ours_here) FILTER (WHERE leaves) AS ours_number
          FROM (SELECT stated_here, ours_here, NOT differs OR earlier > 0 AS leaves,
            CASE WHEN NOT differs THEN earlier = 0 AND NOT is_others END AS counts FROM posting_gap) said) moved""",
    gaps="""SELECT * FROM (
          SELECT *, count(*) OVER kind AS many, sum(stated - ours) OVER kind AS all_ore, row_number() OVER (
              PARTITION BY kind_of ORDER BY matter) AS number
          FROM (SELECT *, CASE WHEN times + earlier <= 1 AND NOT has_twin
              THEN ARRAY[times = 0, is_ours, is_accepted] END AS kind_of FROM posting_gap WHERE differs) each
          WINDOW kind AS (PARTITION BY kind_of)) named
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
