"""The steps of a login, as a browser takes them."""

from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.identity.fake_op import FakeOp


def begin(client: FlaskClient, address: str = "/login") -> str:
    """Press *log in*; the address at the provider that the browser is sent to."""
    answer = client.get(address)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def come_back(client: FlaskClient, params: dict[str, str], path: str = "/login/callback") -> TestResponse:
    """Return from the provider with what it gave."""
    return client.get(f"{path}?{urlencode(params)}")


def log_in(op: FakeOp, client: FlaskClient, address: str = "/login") -> TestResponse:
    """The whole login of a citizen."""
    return come_back(client, op.authorize(begin(client, address)))


def staff_log_in(op: FakeOp, client: FlaskClient, address: str = "/personale/login") -> TestResponse:
    """The whole login of an employee."""
    return come_back(client, op.authorize(begin(client, address)), "/personale/login/callback")
