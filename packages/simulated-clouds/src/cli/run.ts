import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CLOUDS, type CommandCloud } from "./clouds.ts";
import type { CommandLine } from "./command-line.ts";
import { environmentOf, exportsOf } from "./environment.ts";
import { findPython } from "./python.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Starts a cloud, says how to reach it, and ends it when a signal comes. */
export async function run(command: CommandLine): Promise<void> {
  const { boot, faults } = command;
  // From here on a signal ends everything started so far.
  const asked = aSignal();
  const python = boot === "process" ? await findPython(command.python) : undefined;
  using disks = boot === "process" ? new Disks() : undefined;
  await using cloud = await create(command, disks?.directory);
  await cloud.start();
  for (const { operation, kind, nth, times } of faults) cloud.faults.onOperation(operation, kind, { nth, times });
  announce(cloud, command, python);
  await asked;
  summarize(cloud);
}

async function create(command: CommandLine, directory: string | undefined): Promise<CommandCloud> {
  const { cloud, boot, port, speed, listLagMs, latencyMs, throttling, room } = command;
  const kind = CLOUDS[cloud];
  if (kind === undefined) throw new Error(`There is no simulated cloud "${cloud}"`);
  return await kind.create({ boot, port, speed, listLagMs, latencyMs, throttling, room, directory });
}

function announce(cloud: CommandCloud, command: CommandLine, python: string | undefined): void {
  const environment = environmentOf(cloud, command, python);
  const { endpoint } = cloud;
  if (command.json) {
    process.stdout.write(`${JSON.stringify({ cloud: command.cloud, endpoint, boot: command.boot, environment })}\n`);
    return;
  }
  const title = `# A simulated ${CLOUDS[command.cloud]?.title} at ${endpoint}, until Ctrl-C. In another terminal:\n`;
  // In one write: a reader that waits for the first line gets them all.
  process.stdout.write(title + exportsOf(environment));
}

/** What a user wants to know of a cloud that ends: whether all was understood, and what has been left there. */
function summarize({ calls, faults, violations, poweredOn }: CommandCloud): void {
  const counts = {
    calls: calls.count(),
    "struck by faults": faults.fired,
    "not understood": violations.length,
    "machines still on": poweredOn,
  };
  const told = Object.entries(counts).map(([what, count]) => `${what}: ${count}`);
  const lines = [
    `simulated-cloud: ${told.join(", ")}`,
    // A request is its sender's text.
    ...violations.map((violation) => `simulated-cloud: not understood: ${violation.replaceAll(/[^\P{C}\n]/gu, "?")}`),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** Resolves at the first signal that asks for the end. Those that follow are its echo: npm sends each twice. */
async function aSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of SIGNALS) process.on(signal, () => resolve());
  await promise;
}

/** The disks of machines that are processes: a directory that goes with the command. */
class Disks implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "simulated-cloud-"));
  readonly #remove = (): void => rmSync(this.directory, { recursive: true, force: true });

  constructor() {
    // Also where the command ends by a mistake of its own.
    process.once("exit", this.#remove);
  }

  [Symbol.dispose](): void {
    this.#remove();
  }
}
