"""Make the project's own Python environment; the scripts beside this file use it. Standard library only."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv"


def make(extra: str = "") -> Path:
    """Give the folder of the environment's commands, made or brought up to date where needed.

    `extra` is an extra of pyproject.toml to install too. Ends the script with one line where Python is too old
    or the installation fails.
    """
    if sys.version_info < (3, 11):  # noqa: UP036  (a person may start the script with an older one)
        raise SystemExit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    commands = FOLDER / ("Scripts" if sys.platform == "win32" else "bin")
    key = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()
    stamps = [FOLDER / f"made-for-{name or 'use'}" for name in dict.fromkeys((extra, "dev"))]  # dev has all
    if any(stamp.is_file() and stamp.read_text() == key for stamp in stamps):
        return commands
    print(f"making the environment in {FOLDER.name} (once, about a minute)", file=sys.stderr, flush=True)
    if not (commands / "python").exists():
        try:
            venv.create(FOLDER, with_pip=True)
        except subprocess.CalledProcessError as error:
            raise SystemExit("Python's venv module cannot make an environment: install python3-venv") from error
    wanted = f"{ROOT}[{extra}]" if extra else str(ROOT)
    install = [str(commands / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*install, "--editable", wanted], check=False).returncode:
        raise SystemExit("the environment could not be made: pip says why above; is a package index reachable?")
    stamps[0].write_text(key)
    return commands


def enter(extra: str = "") -> None:
    """Go on as a script of the project's own environment: returns where it is that already, else runs it there."""
    python = make(extra) / "python"
    if Path(sys.prefix).resolve() != FOLDER.resolve():
        raise SystemExit(subprocess.run([str(python), *sys.argv], check=False).returncode)
