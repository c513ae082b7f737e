import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";

import type { WireReply } from "@dask-fleet/simulated-clouds";
import { afterAll, beforeAll, describe, expect } from "vitest";

import { SimMachine } from "../../../packages/simulated-clouds/src/core/machine.ts";
import { ALL_HOSTILE, HOSTILE_OUTPUTS, problemsIn } from "../../support/hostile-output.ts";
import { patient } from "../../support/patience.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { sentences, type World } from "../world.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
/** Blanks end a name in some clouds. */
const HOSTILE_NAME = `x${ALL_HOSTILE.replaceAll(" ", "")}`;

/** Foreign text as errors, events and the command line of this cloud show it. */
export function describeForeignText(provider: ProviderUnderTest): void {
  describe(`Attack by whoever may tag in the account: names of clusters on ${provider.name}`, () => {
    const holds = sentences(provider);

    holds("`dask-fleet list` prints any name as a name", async (world) => {
      await hostilelyTagged(world);
      const { code, out, err } = await daskFleet(world, "list");
      expect([code, err]).toEqual([0, ""]);
      expect(problemsIn(out, { tabs: true })).toEqual([]);
      expect(out).toContain("\\u{1b}");
      const { out: json } = await daskFleet(world, "list", "--json");
      expect(
        problemsIn(json.trimEnd().replaceAll("\n", " "), { tabs: true }).filter((each) => !each.includes("long")),
      ).toEqual([]);
      const [, ...rows] = out.trimEnd().split("\n");
      expect(rows.length).toBe((JSON.parse(json) as readonly unknown[]).length);
      world.cloud.recorder.change((reply) => reply);
    });

    holds("`dask-fleet sweep` neither removes anything for them nor fails", async (world) => {
      await hostilelyTagged(world);
      const machines = world.alive().length;
      expect(await daskFleet(world, "sweep")).toEqual({ code: 0, out: "", err: "" });
      expect(world.alive().length).toBe(machines);
      world.cloud.recorder.change((reply) => reply);
    });
  });

  describe(`Attack by a hostile reply: what ${provider.name} says when it refuses`, () => {
    const holds = sentences(provider);

    holds("is quoted inside our sentence in the command line's error", async (world) => {
      world.cloud.recorder.watch(() => hostile(provider.refusal(400)));
      const { code, out, err } = await daskFleet(world, "list");
      expect([code, out]).toEqual([1, ""]);
      expect(problemsIn(err)).toEqual([]);
      expect(err).toMatch(/^dask-fleet: .*\n$/u);
    });

    holds("is quoted inside our sentence in the error and events of a start", async (world) => {
      const calls = world.cloud.recorder;
      let refuses = true;
      calls.watch(({ operation }) =>
        refuses && provider.isMutation(operation) ? hostile(provider.refusal(400)) : undefined,
      );
      const cluster = world.cluster({ startTimeoutMs: patient(5000) });
      const error: unknown = await cluster.start().catch((thrown: unknown) => thrown);
      refuses = false;
      expect(error).toMatchObject({
        code: expect.any(String) as string,
        message: expect.stringContaining("a") as string,
      });
      const shown = [inspect(error), String(error), cluster.describe(), ...world.warnings(cluster)];
      expect(shown.flatMap((text) => problemsIn(text))).toEqual([]);
    });
  });

  if (!provider.hasConsole) return;
  describe(`Attack by a task: what a machine on ${provider.name} prints`, () => {
    hostileConsoles();
    const holds = sentences(provider);

    holds(
      "is quoted behind a bar in a start's timeout error",
      async (world) => {
        const cluster = world.cluster({ startTimeoutMs: patient(1500) });
        const error: unknown = await cluster.start().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: "TIMEOUT",
          message: expect.stringMatching(/\nConsole output \(last lines\):\n {2}\| [^]*\n {2}\| FORGED/u) as string,
        });
        const shown = [inspect(error), ...world.warnings(cluster)];
        expect(shown.flatMap((text) => problemsIn(text))).toEqual([]);
      },
      { boot: "none" },
    );
  });
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `dask-fleet list ec2 …`, in a process of its own. */
async function daskFleet({ provider, cloud }: World, command: string, ...options: readonly string[]): Promise<Ended> {
  const args = [
    MAIN,
    command,
    provider.manifest.command,
    ...Object.entries(provider.where).map(([option, value]) => `--${option}=${value}`),
    `--endpoint=${cloud.cloud.endpoint}`,
    "--api-retries=1",
    ...options,
  ];
  return await promisify(execFile)(process.execPath, args, { timeout: patient(60_000) }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      out: stdout,
      err: stderr,
    }),
  );
}

/** A cluster whose tags, as they are read from now on, have a hostile name and say that its time is over. */
async function hostilelyTagged(world: World): Promise<void> {
  const { name } = await world.started({ maxLifetimeMs: 86_400_000 });
  const isName = new RegExp(`(cluster-name(?:"\\s*:\\s*"|</key>\\s*<value>|[:=])|dask-fleet:[a-z-]+:)${name}`, "gu");
  const isTime = new RegExp(`(expires(?:"\\s*:\\s*"|</key>\\s*<value>|=|:${name}:))\\d+`, "gu");
  world.cloud.recorder.change((reply) => {
    const body = String(reply.body ?? "");
    const changed = body
      .replaceAll(isTime, "$11")
      // DigitalOcean's tags have the name between colons.
      .replaceAll(isName, (_, key: string) =>
        key.startsWith("dask-fleet:")
          ? `${key}${encoded(HOSTILE_NAME.replaceAll(":", ""), body)}`
          : `${key}${encoded(HOSTILE_NAME, body)}`,
      );
    return { ...reply, body: changed };
  });
}

/** The same refusal in other words. */
function hostile(reply: WireReply): WireReply {
  const body = String(reply.body ?? "");
  const [words, code] = [ALL_HOSTILE, HOSTILE_OUTPUTS["begins a line"] ?? ""].map((text) => encoded(text, body));
  return {
    ...reply,
    body: body.replaceAll("Not now.", () => words ?? "").replaceAll(/refused_?400/giu, () => code ?? ""),
  };
}

/** As it stands within a text of JSON or XML. */
function encoded(text: string, body: string): string {
  if (!body.trimStart().startsWith("<")) return JSON.stringify(text).slice(1, -1);
  return text
    .toWellFormed()
    .replaceAll(/[^\w]/gu, (character) => `&#x${character.codePointAt(0)?.toString(16) ?? ""};`);
}

/** Appends hostile text to every machine's console. */
function hostileConsoles(): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its machine
  const original = SimMachine.prototype.console;
  beforeAll(() => {
    SimMachine.prototype.console = async function console(this: SimMachine): Promise<string> {
      const printed = await original.call(this);
      return `${printed}${ALL_HOSTILE}\n${HOSTILE_OUTPUTS["begins a line"]}\n`;
    };
  });
  afterAll(() => {
    SimMachine.prototype.console = original;
  });
}
