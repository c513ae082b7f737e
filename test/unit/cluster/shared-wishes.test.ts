import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { Lead } from "../../../src/cluster/lead/lead.ts";
import { SharedWishes } from "../../../src/cluster/lead/shared-wishes.ts";
import { stateOf } from "../../../src/cluster/record.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { newHolder } from "../../../src/state/holder.ts";
import { writeIntendedSizes } from "../../../src/state/intended-size.ts";
import { ownStateDirectory } from "./fake-cluster.ts";

ownStateDirectory();

interface Other {
  /** What a look at that time finds: the sizes, where they were read, and whether there is news. */
  readonly look: (atMs: number) => Promise<readonly unknown[]>;
  readonly directory: string;
  readonly warnings: readonly string[];
}

async function other(): Promise<Other> {
  const state = stateOf("mine");
  const lease = await state.create({ version: 1, name: "mine" }, await newHolder());
  lease?.stop();
  const warnings: string[] = [];
  const emit = (event: ProgressEvent): void => void (event.type === "warning" && warnings.push(event.message));
  let now = 0;
  const spec = { clusterName: "mine", groups: [{ name: "default" }, { name: "gpu" }] };
  const lead = new Lead("mine", () => undefined);
  const sizes = new SharedWishes({ spec, lead, troubles: new Troubles(emit), now: () => now });
  const look = async (atMs: number): Promise<readonly unknown[]> => {
    now = atMs;
    let read: unknown;
    const isNews = await sizes.look((found) => (read = found.sizes));
    return [read, isNews];
  };
  return { look, directory: state.directory, warnings };
}

test("A resting launcher reads sizes only after a change, for as long as a file system's clock may hide another, and once a minute", async () => {
  const { look, directory } = await other();
  await writeIntendedSizes("mine", { default: 2 });
  expect(await look(0)).toEqual([{ default: 2 }, true]);
  expect(await look(1000)).toEqual([{ default: 2 }, false]);
  expect(await look(3000)).toEqual([{ default: 2 }, false]);
  expect(await look(8000)).toEqual([undefined, false]);
  await writeIntendedSizes("mine", { default: 3, gpu: 1 });
  expect(await look(13_000)).toEqual([{ default: 3, gpu: 1 }, true]);
  expect(await look(18_000)).toEqual([{ default: 3, gpu: 1 }, false]);
  // An editor that writes in place changes no directory.
  await writeFile(join(directory, "workers"), "4\n");
  expect(await look(23_000)).toEqual([undefined, false]);
  expect(await look(78_000)).toEqual([{ default: 4, gpu: 1 }, false]);
});

test("Sizes that cannot be trusted are looked at each time, until they can", async () => {
  const { look, directory, warnings } = await other();
  await writeIntendedSizes("mine", { default: 2 });
  await look(0);
  await look(5000);
  await chmod(directory, 0o777);
  expect([await look(10_000), await look(15_000)]).toEqual([
    [undefined, true],
    [undefined, true],
  ]);
  expect(warnings).toEqual([expect.stringContaining("is open to others")]);
  await chmod(directory, 0o700);
  expect(await look(20_000)).toEqual([{ default: 2 }, true]);
});
