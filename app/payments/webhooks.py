"""Whether our webhook still stands registered: a provider deletes one that has not answered for a while."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from app.foundation.db import Sessions
from app.payments.registration import RegistersNotices
from app.tasks.queries import open_task_of
from app.tasks.register import close_task, open_task


def look_after(sessions: Sessions, *, provider: RegistersNotices, municipality_code: str, now: datetime) -> bool:
    """Whether ours is among the registrations (speaks over a wire: takes the session factory).

    Where it is missing a task is opened, which is closed when it is back.

    :raises ProviderError: the registrations could not be read; nothing is changed
    """
    is_there = any(provider.is_ours(one) for one in provider.registrations())
    key = f"webhook/{municipality_code}/{provider.notice_url}"
    with sessions.begin() as session:
        if not is_there:
            open_task(
                session,
                key=key,
                kind="webhook_missing",
                subject_kind="webhook",
                subject_id=uuid5(NAMESPACE_URL, key),
                municipality_code=municipality_code,
                reason="MobilePay sender ikke længere besked om betalinger: vores webhook er ikke registreret",
                next_step="Kør `flask --app app mobilepay register`, og sæt den nøgle, som kommandoen viser",
                facts={"url": provider.notice_url},
                now=now,
            )
        elif task := open_task_of(session, key=key):
            close_task(session, task_id=task.id, reason="Registreret igen", by=None, now=now)
    return is_there
