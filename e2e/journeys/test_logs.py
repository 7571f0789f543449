"""After all journeys: nothing of people, and no key, stands in anything that was logged."""

from e2e.house import House

SECRETS = ("eyJ", "whsec_", "sk_test")


def test_nothing_personal_and_no_key_was_logged(house: House) -> None:
    log = house.log.read_text(errors="replace")
    assert "outbox_worker_lives" in log, "this log tells nothing"
    numbers = [person["cpr"] for person in house.people().values() if person["cpr"]]
    assert numbers
    found = [number for number in numbers if number in log or f"{number[:6]}-{number[6:]}" in log]
    found += [secret for secret in SECRETS if secret in log]
    found += [cookie for cookie in house.cookies if len(cookie) > 12 and cookie in log]
    assert found == []
