# Makes a package of the agent's modules and starts it. The loader runs this text (templates/dask_fleet_loader.py).
#
# The modules live in memory: nothing is left on the machine's disk. Dask finds their functions by name, as in any
# package.

import importlib
import sys
from importlib import abc, machinery

PACKAGE = "dask_fleet_agent"


class Modules(abc.MetaPathFinder, abc.ExecutionLoader):
    def __init__(self, files):
        self.files = files

    def find_spec(self, name, path=None, target=None):
        if name == PACKAGE or name.startswith(PACKAGE + ".") and name[len(PACKAGE) + 1 :] in self.files:
            return machinery.ModuleSpec(name, self, origin=name, is_package=name == PACKAGE)

    def is_package(self, name):
        return name == PACKAGE

    def get_filename(self, name):
        # For tracebacks.
        return name

    def get_source(self, name):
        return self.files.get(name[len(PACKAGE) + 1 :], "")


async def boot(server, bundle):
    files = {name: text for name, text in bundle["files"].items() if name != "boot"}
    sys.meta_path.insert(0, Modules(files))
    core = importlib.import_module(PACKAGE + ".core")
    agent = core.Agent(server, bundle["settings"])
    await agent.start(files)
    return agent
