"""The design system comes in whole, once, and says in one line why when it does not."""

import hashlib
import json
from pathlib import Path

import pytest

from app import assets

CSS = (
    '@font-face{font-family:Plex;src:url(../fonts/a.eot),url(../fonts/a.woff) format("woff"),'
    'url(../fonts/a.woff2) format("woff2")}.x{background:url(../img/x.svg)}\n/*# sourceMappingURL=dkfds.min.css.map*/'
)
FILES = {
    "css/dkfds.min.css": CSS,
    "fonts/a.woff2": "font",
    "fonts/IBMPlexSans/complete/woff2/license.txt": "OFL",
    "img/x.svg": "<svg/>",
    "img/all-svg-icons.svg": "<svg/>",
    "img/unused.svg": "<svg/>",
    "LICENSE.md": "MIT",
}


def _project(root: Path, version: str = "11.2.0") -> Path:
    (root / "package.json").write_text(json.dumps({"dependencies": {"dkfds": version}}))
    return root


def _installed(root: Path, version: str = "11.2.0") -> None:
    for name, body in FILES.items():
        path = root / "node_modules/dkfds/dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    note = {"packages": {"node_modules/dkfds": {"version": version}}}
    (root / "node_modules/.package-lock.json").write_text(json.dumps(note))


def _npm(root: Path, script: str) -> str:
    path = root / "npm"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def _never() -> str:
    pytest.fail("npm was asked for")


def test_the_used_part_is_copied_with_woff2_only_and_a_manifest(tmp_path: Path) -> None:
    _installed(_project(tmp_path))
    assets.bring(tmp_path, find_npm=_never)
    target = assets.target_of(tmp_path)
    css = (target / "css/dkfds.min.css").read_text()
    assert "woff2" in css
    assert ".eot" not in css
    assert 'format("woff")' not in css
    assert "sourceMappingURL" not in css
    assert not (target / "img/unused.svg").exists()
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["version"] == "11.2.0"
    assert manifest["files"]["css/dkfds.min.css"] == hashlib.sha256(css.encode()).hexdigest()
    assert {"LICENSE.md", "fonts/IBMPlexSans/complete/woff2/license.txt", "img/x.svg"} <= manifest["files"].keys()


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    _installed(_project(tmp_path))
    assets.bring(tmp_path, find_npm=_never)
    before = (assets.target_of(tmp_path) / "manifest.json").stat().st_mtime_ns
    assert "in place" in assets.bring(tmp_path, find_npm=_never)
    assert (assets.target_of(tmp_path) / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("harm", ["manifest.json", "css/dkfds.min.css", "img/x.svg"])
def test_what_an_interrupted_run_left_is_mended(tmp_path: Path, harm: str) -> None:
    _installed(_project(tmp_path))
    assets.bring(tmp_path, find_npm=_never)
    (assets.target_of(tmp_path) / harm).write_text("half")
    (tmp_path / "static/vendor/.dkfds.new").mkdir()
    assert not assets.is_up_to_date(tmp_path)
    assets.bring(tmp_path, find_npm=_never)
    assert assets.is_up_to_date(tmp_path)
    assert not (tmp_path / "static/vendor/.dkfds.new").exists()


def test_npm_is_run_where_the_package_is_missing_or_of_another_version(tmp_path: Path) -> None:
    _installed(_project(tmp_path), version="11.1.0")
    note = '{"packages": {"node_modules/dkfds": {"version": "11.2.0"}}}'
    npm = _npm(tmp_path, f"echo \"$@\" > args; echo '{note}' > node_modules/.package-lock.json")
    assets.bring(tmp_path, find_npm=lambda: npm)
    assert (tmp_path / "args").read_text() == "ci --ignore-scripts --no-audit --no-fund --omit=dev\n"
    assert assets.is_up_to_date(tmp_path)


def test_a_failing_npm_is_told_in_one_line(tmp_path: Path) -> None:
    npm = _npm(_project(tmp_path), "echo 'npm warn old' >&2; echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(assets.AssetsMissing, match=r"^npm could not bring dkfds: npm error code ENOTFOUND$"):
        assets.bring(tmp_path, find_npm=lambda: npm)


def test_npm_that_brings_another_version_is_refused(tmp_path: Path) -> None:
    npm = _npm(_project(tmp_path), "exit 0")
    with pytest.raises(assets.AssetsMissing, match=r"did not bring dkfds 11\.2\.0"):
        assets.bring(tmp_path, find_npm=lambda: npm)


def test_a_missing_file_of_the_package_is_named(tmp_path: Path) -> None:
    _installed(_project(tmp_path))
    (tmp_path / "node_modules/dkfds/dist/img/x.svg").unlink()
    with pytest.raises(assets.AssetsMissing, match=r"x\.svg"):
        assets.bring(tmp_path, find_npm=_never)
    assert not assets.target_of(tmp_path).exists()


def test_the_version_is_exact_and_the_lock_names_no_host() -> None:
    lock = (assets.ROOT / "package-lock.json").read_text()
    assert json.loads(lock)["packages"]["node_modules/dkfds"]["version"] == assets.wanted_version(assets.ROOT)
    assert "resolved" not in lock
    assert "http" not in lock
