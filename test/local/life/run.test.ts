import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { line } from "../../support/until.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

isolatedState();
const directory = temporaryDirectory();

const ECHO = `
import sys, os
from distributed import Client
print(Client().submit(lambda text: text.upper(), sys.stdin.read()).result(), os.getcwd(), os.environ["EXTRA"])
sys.exit(7)
`;

test("A command uses the given streams, finds the cluster, and returns its exit code", async () => {
  const path = (name: string): string => join(directory(), name);
  await using cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1, closeOnExit: false }).start();
  await writeFile(path("in"), "hello");
  await mkdir(path("work"));
  {
    await using input = await open(path("in"));
    await using output = await open(path("out"), "w");
    const options = { stdio: [input.fd, output.fd, "ignore"], cwd: path("work"), env: { EXTRA: "more" }, check: false };
    expect(await cluster.run("python", ["-c", ECHO], options as never)).toBe(7);
  }
  expect(await readFile(path("out"), "utf8")).toBe(`HELLO ${path("work")} more\n`);

  const script = 'trap "echo told >told; exit 3" TERM; echo up >up; while :; do sleep 0.05; done';
  const forwarded = cluster.run("bash", ["-c", script], { stdio: "ignore", cwd: directory(), check: false });
  await line(path("up"));
  process.emit("SIGTERM", "SIGTERM");
  expect(await forwarded).toBe(3);
  expect(await line(path("told"))).toBe("told");
});
