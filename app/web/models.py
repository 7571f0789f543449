"""The door's own table: how often somebody has knocked."""

from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment


class RateLimit(Base):
    """How many requests one key has made in the window that ends at `expires_at`.

    Unlogged: a crash of the server empties it, and then everybody may simply begin anew. Rows live for minutes, so
    nothing grows here and no municipality owns one.
    """

    __tablename__ = "rate_limit"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own attribute

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[Moment]
