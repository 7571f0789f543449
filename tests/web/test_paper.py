"""A PDF is tagged, has language and title, gives its text back, and reads nothing but our own files."""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.config import ROOT
from app.web import paper, press

BODY = '<h1>Kvittering</h1><p>Rødgrød med fløde</p><table><tr><th scope="row">Beløb</th><td>60,00 kr.</td></tr></table>'


def test_the_system_libraries_are_here() -> None:
    assert paper.missing() == "", f"the tests of PDFs need: apt-get install {paper.NEEDED}"


def test_a_pdf_can_be_read_by_everybody() -> None:
    made = PdfReader(io.BytesIO(paper.pdf_of(BODY, language="da", title="Kvittering <BK-1>")))
    root = made.trailer["/Root"].get_object()
    assert isinstance(root, dict)
    assert "/StructTreeRoot" in root
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "da"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert made.metadata
    assert made.metadata.title == "Kvittering <BK-1>"
    assert "pdfuaid" in str(made.xmp_metadata and made.xmp_metadata.stream.get_data())
    words = made.pages[0].extract_text()
    assert "Rødgrød med fløde" in words
    assert len(made.pages) == 1


def test_the_font_is_the_pages_own_and_in_the_file() -> None:
    made = PdfReader(io.BytesIO(paper.pdf_of(BODY, language="da", title="Kvittering")))
    fonts = made.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]  # pypdf's objects are dictionaries
    names = {str(font.get_object()["/BaseFont"]) for font in fonts}
    assert any("IBM-Plex-Sans" in name or "IBMPlexSans" in name for name in names), names


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "http://169.254.169.254/", "https://example.org/static/css/paper.css",
        "https://paper.invalid/static/../.env", "https://paper.invalid/static/%2e%2e/.env", "https://paper.invalid/.env",
        "https://paper.invalid/static/../../../../etc/passwd", "ftp://paper.invalid/static/css/paper.css", "x", "",
    ],
)  # fmt: skip
def test_nothing_else_is_read(url: str) -> None:
    with pytest.raises(ValueError, match="static"):
        press.file_of(url)


def test_our_own_files_are_read() -> None:
    assert press.file_of("https://paper.invalid/static/css/paper.css") == ROOT / "static" / "css" / "paper.css"


def test_a_picture_from_elsewhere_is_left_out() -> None:
    secret = ROOT / "LICENSE"
    made = paper.pdf_of(f'<p>ord</p><img alt="x" src="{secret.as_uri()}">', language="da", title="x")
    assert "ord" in PdfReader(io.BytesIO(made)).pages[0].extract_text()


def test_without_the_libraries_the_press_says_so_in_one_line(tmp_path: Path) -> None:
    """A WeasyPrint that finds no Pango fails as it is imported: so does this one."""
    shutil.copytree(Path(press.__file__).parent, tmp_path / "app" / "web", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango\\nmore words')\n", "utf-8")
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "app" / "web" / "press.py"), "check"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (press.NO_LIBRARIES, "cannot load library libpango\n")


def test_both_sides_of_the_press_mean_the_same_number() -> None:
    assert paper._NO_LIBRARIES == press.NO_LIBRARIES
