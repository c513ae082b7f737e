import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { daskPython } from "../support/python.ts";

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));
const scripts = readdirSync(TEMPLATES).filter((name) => name.endsWith(".sh"));
const preloads = readdirSync(TEMPLATES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py"));

/** A checker's output; empty, with exit code 0, if it finds nothing. */
function check(command: string, ...args: string[]): unknown {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", cwd: TEMPLATES });
  return { error, status, output: `${stdout}${stderr}` };
}

const CONTENT = { error: undefined, status: 0, output: "" };

test("there are scripts to check", () => {
  expect(scripts).toContain("start-node.sh");
  expect(preloads).toEqual(expect.arrayContaining(["dask_fleet_gate.py", "agent/core.py"]));
});

test.each(scripts)("shellcheck finds nothing in %s", (name) => {
  expect(check("shellcheck", name)).toEqual(CONTENT);
});

// macOS has bash 3.2, and LocalCluster runs these scripts there.
test.each(scripts.filter((name) => /^(?:start-)?node/u.test(name)))("%s uses nothing newer than bash 3.2", (name) => {
  const text = readFileSync(join(TEMPLATES, name), "utf8");
  const newer =
    /\$\{\w+[,^]|declare -[An]|local -[An]|mapfile|readarray|\|&|&>>|wait -[np]|BASHPID|EPOCH|SRANDOM|coproc|;;?&|printf '%\(|@[QEPAK]\}|\[-1\]/u;
  expect(text.split("\n").filter((line) => newer.test(line))).toEqual([]);
  // An empty array is "unbound" to set -u before bash 4.4.
  const arrays = [
    "given",
    "files",
    "bound",
    "preload",
    "DASK_FLEET_ARGS",
    "DASK_FLEET_DOCKER_ARGS",
    "DASK_FLEET_ENV_NAMES",
    "DASK_FLEET_LOCATIONS",
  ];
  for (const name of arrays) {
    const guarded = `\${${name}[@]+"\${${name}[@]}"}`;
    expect(text.replaceAll(guarded, "")).not.toContain(`\${${name}[@]}`);
  }
});

test("systemd accepts the unit", () => {
  expect(check("systemd-analyze", "verify", "--man=no", "./dask-node.service")).toEqual(CONTENT);
});

test.each(preloads)("%s compiles without a warning", (name) => {
  const cache = mkdtempSync(join(tmpdir(), "dask-fleet-pycache-"));
  try {
    expect(check(daskPython(), "-W", "error", "-X", `pycache_prefix=${cache}`, "-m", "py_compile", name)).toEqual(
      CONTENT,
    );
  } finally {
    rmSync(cache, { recursive: true });
  }
  const long = readFileSync(join(TEMPLATES, name), "utf8")
    .split("\n")
    .filter((line) => line.length > 120);
  expect(long).toEqual([]);
});
