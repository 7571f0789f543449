"""A webhook that is no longer registered becomes work for a person, once, until it is back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest

from app.foundation.db import Sessions
from app.payments import webhooks
from app.payments.port import ProviderUnavailable
from app.payments.registration import Registered, Registration
from tests.demo import CODE, NOW, Town

pytestmark = pytest.mark.database


@dataclass
class Registry:
    """A provider's registrations, in memory."""

    notice_url: str = "https://betal.example/hooks/mobilepay"
    is_down: bool = False
    found: dict[str, str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def registrations(self) -> Sequence[Registration]:
        if self.is_down:
            raise ProviderUnavailable("down")
        return [Registration(one, url, frozenset({"all"})) for one, url in self.found.items()]

    def is_ours(self, registration: Registration) -> bool:
        return registration.url == self.notice_url

    def register(self) -> Registered:
        made = Registered(str(next(self.numbers)), "secret")
        self.found[made.id] = self.notice_url
        return made

    def unregister(self, registration_id: str) -> None:
        del self.found[registration_id]


def look(town: Town, registry: Registry) -> bool:
    return webhooks.look_after(town.sessions, provider=registry, municipality_code=CODE, now=NOW)


def test_one_task_while_it_is_missing_and_none_when_it_is_back(sessions: Sessions) -> None:
    town, registry = Town(sessions), Registry(found={"other": "https://else.example/hook"})
    assert [look(town, registry) for _twice in range(2)] == [False, False]
    (task,) = town.tasks()
    assert (task.kind, task.municipality_code) == ("webhook_missing", CODE)
    assert "mobilepay register" in task.next_step
    registry.is_down = True
    with pytest.raises(ProviderUnavailable):
        look(town, registry)
    assert len(town.tasks()) == 1
    registry.is_down = False
    registry.register()
    assert look(town, registry)
    assert town.tasks() == []
    assert look(town, registry)
