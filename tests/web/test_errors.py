"""What goes wrong gets its page, in words that say whether money was taken, and reveals nothing."""

import pytest
from flask import Flask, abort, render_template, request

from app.web import errors
from tests.web.page_app import page_app


def _app() -> Flask:
    app = page_app()
    app.config["MAX_CONTENT_LENGTH"] = 1000
    app.add_url_rule("/stop/<int:code>", "stop", abort)
    app.add_url_rule("/broken", "broken", lambda: render_template("no such <template>"))
    app.add_url_rule("/send", "send", lambda: request.form.get("x", ""), methods=["POST"])
    app.add_url_rule("/hooks/stop/<int:code>", "hook", abort)
    return app


@pytest.mark.parametrize(
    ("code", "heading", "sentence"),
    [
        (400, "Vi kunne ikke læse det, du sendte", "Vi har ikke trukket penge."),
        (403, "Du har ikke adgang til siden", "Er du logget på som en anden?"),
        (404, "Vi kan ikke finde siden", "Måske er linket gammelt."),
        (405, "Siden kan ikke åbnes på den måde", "Vi har ikke trukket penge."),
        (413, "Du har sendt for meget på én gang", "Vi har ikke trukket penge."),
        (429, "Du har prøvet mange gange", "Vent lidt"),
        (500, "Undskyld, noget gik galt hos os", "Så betal ikke igen."),
        (503, "Siden er lukket lige nu", "får du ikke en rykker"),
        (418, "Vi kunne ikke læse det, du sendte", "Gå tilbage"),
    ],
)
def test_every_error_has_its_page(code: int, heading: str, sentence: str) -> None:
    response = _app().test_client().get(f"/stop/{code}")
    assert response.status_code == code
    assert f"<h1>{heading}</h1>" in response.text
    assert sentence in response.text
    assert "Fejlnummer" in response.text


def test_an_unforeseen_error_says_nothing_of_itself() -> None:
    response = _app().test_client().get("/broken")
    assert response.status_code == 500
    assert "no such" not in response.text
    assert "Traceback" not in response.text


def test_a_form_from_yesterday_says_that_it_was_open_too_long() -> None:
    response = _app().test_client().post("/send", data={"x": "1"})
    assert response.status_code == 400
    assert "Siden har ligget åben for længe" in response.text
    assert "Vi har ikke trukket penge." in response.text


def test_a_large_body_is_refused() -> None:
    response = _app().test_client().post("/send", data={"x": "y" * 5000})
    assert response.status_code in {400, 413}
    assert "Vi har ikke trukket penge." in response.text


def test_errors_speak_english() -> None:
    assert "We cannot find the page" in _app().test_client().get("/nowhere?lang=en").text


def test_machines_get_a_plain_line() -> None:
    response = _app().test_client().get("/hooks/stop/400")
    assert response.mimetype == "text/plain"
    assert response.text.startswith("400 ")


def test_a_wrong_method_names_the_right_one() -> None:
    assert "POST" in _app().test_client().get("/send").headers["Allow"]


def test_the_page_of_last_resort_needs_no_frame() -> None:
    app = _app()
    app.context_processor(lambda: {"municipality": 1 // 0})
    response = app.test_client().get("/nowhere")
    assert response.status_code == 404
    assert "<h1>Vi kan ikke finde siden</h1>" in response.text
    assert "site-header" not in response.text


def test_the_number_is_the_same_throughout_a_request() -> None:
    with _app().test_request_context("/"):
        assert errors.correlation_id() == errors.correlation_id()
