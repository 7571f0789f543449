"""The login pages of the world outside: MitID for citizens, the municipality's own for its people."""

import re

from e2e.visit import Visit


class MitID:
    def __init__(self, visit: Visit) -> None:
        self.page = visit.page
        self.page.wait_for_url(re.compile("/(?:mitid|personale-login)/op/"))

    def choose(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def type_name(self, username: str) -> None:
        self.page.get_by_label("Bruger-id").fill(username)
        self.page.get_by_role("button", name="Log ind", exact=True).click()

    def abort(self) -> None:
        self.page.get_by_role("button", name="Afbryd", exact=True).click()
