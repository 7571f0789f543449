"""The press: turns one HTML document on standard input into a tagged PDF on standard output, and ends.

It is a process of its own, run by its path: what it loads (45 MB) and what its libraries may do at their end stays out
of the portal, and a page that never comes to an end is stopped. It reads nothing but our own `static` folder.
"""

import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

STATIC = Path(__file__).resolve().parents[2] / "static"
BASE = "https://paper.invalid/"
NO_LIBRARIES = 3
"""The exit status where the system's libraries are missing."""


def file_of(url: str) -> Path:
    """The file of our own that an address in the document means.

    :raises ValueError: any other address
    """
    parts = urlsplit(url)
    # Not resolved: what is linked inside the folder is ours too.
    wanted = Path(os.path.normpath(STATIC.parent / unquote(parts.path).lstrip("/")))
    if f"{parts.scheme}://{parts.netloc}/" != BASE or not wanted.is_relative_to(STATIC):
        raise ValueError("paper reads nothing but our own static files")
    return wanted


def main(arguments: list[str]) -> int:
    """Print, or with `check` only say whether printing is possible."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except OSError as missing:
        print(str(missing).splitlines()[0], file=sys.stderr)  # noqa: T201 - a program of its own
        return NO_LIBRARIES

    class OwnFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint brings no types
        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - its interface
            file = file_of(url)
            kind = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}[file.suffix]
            return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": kind})

    if arguments != ["check"]:
        document = HTML(string=sys.stdin.read(), base_url=BASE, url_fetcher=OwnFiles())
        sys.stdout.buffer.write(document.write_pdf(pdf_variant="pdf/ua-1"))
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1:])
    # The libraries underneath are not always at peace with Python's own way of ending.
    os._exit(status)
