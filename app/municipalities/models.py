"""The table of municipalities: one row each, loaded whole from its YAML file."""

from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment
from app.foundation.jsons import Json


class MunicipalityRow(Base):
    """One municipality's file as it was last loaded; `facts` has been validated whole."""

    __tablename__ = "municipality"

    code: Mapped[str] = mapped_column(primary_key=True)
    facts: Mapped[Json]
    loaded_at: Mapped[Moment]
