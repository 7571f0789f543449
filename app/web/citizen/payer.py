"""Who is at the check page: a citizen with bills of their own, or somebody who holds a code to a few of another's."""

from dataclasses import dataclass
from uuid import UUID

from app.identity.people import Citizen


@dataclass(frozen=True)
class Payer:
    """Whose bills are paid, and from which door. A code's holder is shown nothing of what the bills are about."""

    citizen: Citizen
    """Whose bills these are; with a code it is whom the code is about, and nobody is logged in as them."""
    code_id: UUID | None = None

    @property
    def person_id(self) -> UUID:
        """Whose bills these are."""
        return self.citizen.person_id

    @property
    def back(self) -> str:
        """The page that the bills were chosen on."""
        return "/regninger" if self.code_id is None else "/kode/regning"

    @property
    def check(self) -> str:
        """The check page."""
        return "/betal/kontrol" if self.code_id is None else "/kode/kontrol"

    @property
    def pay(self) -> str:
        """Where the check page's form is sent."""
        return "/betal" if self.code_id is None else "/kode/betal"
