import { spawnSync } from "node:child_process";

import { daskPython } from "../../support/python.ts";

/** The Pythons that run Dask: the tests' own with a recent Dask and, if installed, Debian's with an old one. */
export function pythons(): readonly { readonly python: string; readonly version: string }[] {
  return [...new Set([daskPython(), "/usr/bin/python3"])].flatMap((python) => {
    const asked = spawnSync(python, ["-c", "import distributed; print(distributed.__version__)"], { encoding: "utf8" });
    return asked.status === 0 ? [{ python, version: asked.stdout.trim() }] : [];
  });
}
