"""The look of a page: versioned addresses of style sheets, scripts and pictures, and a municipality's colours."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, url_for

from app.municipalities.colour import UnreadableColour, readable

STATIC = Path(__file__).resolve().parents[2] / "static"
VENDOR = "vendor/dkfds"


def has_design_system() -> bool:
    """Whether `python -m app.assets` has been run."""
    return (STATIC / VENDOR / "manifest.json").is_file()


def asset(name: str) -> str:
    """The address of a file in `static/`, with a version that changes with its content."""
    return url_for("static", filename=name, v=_version(name))


def icon(name: str) -> str:
    """The address of one icon in the design system's sprite."""
    return f"{asset(f'{VENDOR}/img/all-svg-icons.svg')}#{name}"


@cache
def _version(name: str) -> str:
    """Eight digits of the content's checksum; read once, because a deploy brings a new process."""
    try:
        return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
    except OSError:
        return "missing"


def theme_css(primary: str) -> str:
    """The style sheet that gives a municipality its own colour.

    :raises UnreadableColour: white text on it could not be read
    """
    return f":root{{--bdk-primary:{readable(primary)};--bdk-primary-dark:{_darker(primary)}}}\n"


def _darker(colour: str) -> str:
    return "#" + "".join(f"{int(colour[at : at + 2], 16) * 3 // 4:02x}" for at in (1, 3, 5))


def theme_address(primary: str | None) -> str | None:
    """The address of a municipality's colours; a new colour has a new address. None: the portal's own colours."""
    return url_for("theme", digits=primary.removeprefix("#")) if primary else None


def install(app: Flask) -> None:
    """Give the templates `asset`, `icon` and `theme_address`, and serve the municipalities' colours."""
    app.jinja_env.globals.update(
        asset=asset, icon_address=icon, theme_address=theme_address, has_design_system=has_design_system
    )
    app.add_url_rule("/theme/<digits>.css", "theme", _theme)


def _theme(digits: str) -> Response:
    try:
        return Response(theme_css(f"#{digits}"), mimetype="text/css")
    except UnreadableColour:
        abort(404)
