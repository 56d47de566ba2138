"""Make or complete the one shared .venv: `python3 tools/make_venv.py [EXTRA...]`.

Needs nothing but Python with its venv module; older Pythons get as far as being told so. Prints a
line for each requirement, as the first time takes some minutes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)


def stop(message):
    sys.exit(f"make_venv: {message}")


def require_venv():
    """End with the one remedy where this Python is too old or was packaged without venv."""
    if sys.version_info < OLDEST:
        have, need = (".".join(map(str, v[:2])) for v in (sys.version_info, OLDEST))
        stop(f"this is Python {have}, {need} or newer is needed; try: make PYTHON=python{need}")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop("this Python has no venv; install it: sudo apt install python3-venv")


def has_pip():
    """Whether .venv is there and whole enough to install into."""
    if not PYTHON.exists():
        return False
    asked = [str(PYTHON), "-m", "pip", "--version"]
    return subprocess.run(asked, stdout=subprocess.DEVNULL).returncode == 0


def create():
    require_venv()
    print("Making .venv", flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode != 0:
        stop("making .venv failed; the lines above say why")


def pip_install(*what):
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, *what], cwd=str(ROOT)).returncode != 0:
        stop(f"installing {what[-1]} failed; the lines above say why")


def install(extras):
    """The requirements one after another, then the project itself, editable."""
    code = "import json, tomllib; print(json.dumps(tomllib.load(open('pyproject.toml', 'rb'))))"
    text = subprocess.check_output([str(PYTHON), "-c", code], cwd=str(ROOT))
    project = json.loads(text.decode())["project"]
    requirements = list(project["dependencies"])
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    for number, requirement in enumerate(requirements, start=1):
        print(f"Installing {number}/{len(requirements)}: {requirement}", flush=True)
        pip_install(requirement)
    print("Installing the project itself", flush=True)
    pip_install("--editable", f".[{','.join(extras)}]" if extras else ".")


if __name__ == "__main__":
    if not has_pip():
        create()
    install(sys.argv[1:])
