import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { daskFleet } from "../../src/cli/dask-fleet.ts";
import { patient } from "../support/patience.ts";
import { daskPython } from "../support/python.ts";
import { until } from "../support/until.ts";
import { type Cloud, onRealDask, type RealDask } from "./on-real-dask.ts";

const NAME = "lab";
const PROGRAM = `
import sys
from distributed import Client
with Client(timeout=30) as client:
    total = client.submit(sum, [1, 2, 3]).result(timeout=30)
print(total, *sys.argv[2:], file=open(sys.argv[1], "w") if sys.argv[1] != "-" else sys.stdout)
`;

interface Said {
  readonly code: number;
  readonly out: string;
}

/** A command line in this process. Its output is taken until it has ended. */
async function fleet(command: string, ...args: readonly string[]): Promise<Said> {
  let out = "";
  const written = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((out += String(text))));
  try {
    return { code: await daskFleet([command, "--quiet", ...args]), out };
  } finally {
    written.mockRestore();
  }
}

/** A command that goes on until Ctrl-C, which comes once it has said something. */
async function interrupted(command: string, ...args: readonly string[]): Promise<Said> {
  let out = "";
  const written = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((out += String(text))));
  try {
    const ended = daskFleet([command, "--quiet", ...args]);
    await until(
      "its output",
      () => out !== "",
      patient(30_000),
      () => command,
    );
    process.emit("SIGINT");
    return { code: await ended, out };
  } finally {
    written.mockRestore();
  }
}

/** Every command that needs a cluster, on a cluster that the command line started and left. */
export function testCommandLine<SimulatedCloud extends Cloud>(given: RealDask<SimulatedCloud>): void {
  const { command, section } = given;
  test("the command line starts, uses, sizes, looks at and removes a cluster by its name alone", async () => {
    await onRealDask(given, async (cloud, directory) => {
      vi.stubEnv(`DASK_CLOUDPROVIDER__${section}__LIST_LAG_MS`, "1000");
      const program = join(directory, "program.py");
      const answer = join(directory, "answer.txt");
      await writeFile(program, PROGRAM);
      const done = async (name: string, ...args: readonly string[]): Promise<string> => {
        const { code, out } = await fleet(name, ...args);
        expect([name, code, out]).toEqual([name, 0, out]);
        return out;
      };
      const data = async (name: string, ...args: readonly string[]): Promise<unknown> =>
        JSON.parse(await done(name, "--json", ...args));

      expect(await done("plan", command, "--n-workers=1", `--name=${NAME}`)).toContain(NAME);
      expect(cloud.leftovers(NAME)).toEqual([]);
      expect(await done("start", command, "--detach", `--name=${NAME}`, "--n-workers=1")).toMatch(/^tls:/);
      try {
        expect(await data("status", NAME)).toMatchObject({ name: NAME, state: "unattended" });
        expect(await done("list", command)).toMatch(/^lab +\S+ +unattended /mu);
        await done("exec", NAME, "--", daskPython(), program, answer, "here");
        expect(await readFile(answer, "utf8")).toBe("6 here\n");
        expect(await done("submit", NAME, "--id=one", "--", program, "-", "there")).toBe("6 there\n");
        expect(await data("jobs", NAME)).toMatchObject([{ id: "one", state: "ended", exitCode: 0 }]);
        expect(await done("logs", NAME, "--job=one")).toBe("6 there\n");
        expect(await done("logs", NAME)).toMatch(/^scheduler: /mu);
        expect(await done("logs", NAME, "--boot")).toContain("==> scheduler ");
        expect(await done("env", NAME)).toMatch(/^export DASK_SCHEDULER_ADDRESS='tls:/u);
        expect(await done("config", NAME, join(directory, "config"))).toContain("dask-fleet.yaml");
        expect(await done("metrics", NAME)).toMatch(/^dask_scheduler_workers\{/mu);
        await done("scale", NAME, "2");
        expect(await data("status", NAME)).toMatchObject({ groups: [{ target: 2, joined: 2 }] });
        await done("up", command, `--name=${NAME}`, "--n-workers=2");
        expect(await interrupted("logs", NAME, "--follow")).toMatchObject({ code: 130 });
        expect(await done("sweep", command)).toBe("");
      } finally {
        await done("down", NAME);
      }
      expect(cloud.leftovers(NAME)).toEqual([]);
    });
  });
}
