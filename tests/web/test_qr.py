"""The picture of a code: the code behind `#`, on the municipality's own host, and nothing that the policy forbids."""

import pytest

from app.web.qr import code_address, qr
from tests.web.portal import HERE, NEIGHBOUR, Portal

pytestmark = pytest.mark.database
CODE = "K7M49QWX2P8T"


def test_the_code_stands_where_no_server_sees_it(portal: Portal) -> None:
    with portal.app.test_request_context("/personale/bibliotek/borger/kode", base_url="http://localhost:5000"):
        assert code_address(HERE, CODE) == "http://localhost:5000/kode#K7M4-9QWX-2P8T"
        assert code_address(NEIGHBOUR, CODE) == "http://skovlund.localhost:5000/kode#K7M4-9QWX-2P8T"


def test_the_picture_has_a_name_and_no_style(portal: Portal) -> None:
    with portal.app.test_request_context("/", base_url="http://localhost"):
        svg = qr(HERE, CODE)
    assert "<title>QR-kode til at betale med telefonen</title>" in svg
    assert "style" not in svg
    assert "<script" not in svg
