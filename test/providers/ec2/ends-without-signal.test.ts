import { expect, test } from "vitest";

import type { Behaviour } from "../../conformance/guarded-program.ts";
import { Guarded } from "../../conformance/guarded.ts";
import { ec2 } from "../../conformance/providers/ec2.ts";
import { ownState, World } from "../../conformance/world.ts";

const OPTIONS = { name: "on-its-own", nWorkers: 1 };
const WARNING =
  /on-its-own runs in a worker thread, where no signal arrives.*`finally`.*`maxLifetimeMs` or `idleTimeoutMs`/;

ownState();

interface End {
  readonly world: World;
  readonly out: string;
  readonly err: string;
  readonly ended: unknown[];
}

/** Runs a program to its end, lets `look` inspect its leftovers and removes them. */
async function end(
  behaviour: Behaviour,
  thread: boolean,
  look: (end: End) => void,
  options: object = OPTIONS,
): Promise<void> {
  await using world = await World.open(ec2);
  const { endpoint } = world.cloud.cloud;
  await using program = new Guarded({
    provider: "ec2",
    endpoint,
    options: { ...OPTIONS, ...options },
    behaviour,
    thread,
  });
  await program.up();
  const ended = await program.ended;
  try {
    look({ world, out: program.out, err: program.err, ended });
  } finally {
    if (world.leftovers(OPTIONS).length > 0) await world.statics.remove(OPTIONS.name, {}, { forget: true });
  }
  expect([world.leftovers(OPTIONS), world.cloud.cloud.violations]).toEqual([[], []]);
}

/** The reported leftovers are what exists, and the command that removes them is printed. */
function expectToldOf({ world, err }: End): void {
  const left = world.leftovers(OPTIONS).map(({ id }) => id);
  expect(left).toHaveLength(4);
  const [, words = ""] =
    /on-its-own was not closed\. Left behind: (.*)\. It may cost money\. Remove it: dask-fleet remove ec2 on-its-own --region us-east-1 /.exec(
      err,
    ) ?? [];
  for (const id of left) expect(words).toContain(id);
}

test("process.exit() leaves machines, and the last output names all of them", async () => {
  await end("exits", false, (seen) => {
    expect(seen.ended).toEqual([5, null]);
    expectToldOf(seen);
  });
});

test("An uncaught exception leaves machines, and the last output names all of them beside the exception", async () => {
  await end("throws", false, (seen) => {
    expect(seen.ended).toEqual([1, null]);
    expect(seen.err).toContain("Error: a mistake of the program");
    expectToldOf(seen);
  });
});

test("A worker thread ended by terminate() leaves machines: the start warns of that and names the options", async () => {
  await end("terminates", true, ({ world, err, ended }) => {
    expect(err).toMatch(WARNING);
    expect(err.match(/DaskFleetWarning/g)).toHaveLength(1);
    expect([ended, world.alive().length]).toEqual([[0, null], 2]);
  });
});

test.each([{ maxLifetimeMs: 86_400_000 }, { idleTimeoutMs: 86_400_000 }, { noClientTimeoutMs: 86_400_000 }])(
  "A worker thread with %j starts without a warning: the machines end by themselves",
  async (options) => {
    await end("terminates", true, ({ err }) => expect(err).toBe(""), options);
  },
);

test("process.exit() in a worker thread ends the thread alone, and its last output names what it leaves", async () => {
  await end("exits", true, (seen) => {
    expect(seen.ended).toEqual([0, null]);
    expectToldOf(seen);
  });
});

test("An uncaught exception in a worker thread leaves machines, and the last output names all of them", async () => {
  await end("throws", true, (seen) => {
    expect(seen.err).toMatch(/the thread's error: a mistake of the program/);
    expectToldOf(seen);
  });
});

test.each([false, true])(
  "A program that ends without close() closes its clusters on exit (in a worker thread: %j)",
  async (thread) => {
    await end("forgets", thread, ({ world, err, ended }) => {
      expect([ended, world.leftovers(OPTIONS)]).toEqual([[0, null], []]);
      expect(err).toContain("The program has ended without closing on-its-own: closing now.");
    });
  },
);
