import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { expect, test } from "vitest";

import { providerOfRecord, recordedNames } from "../../../src/cluster/find/recorded-names.ts";
import { recordPath } from "../../../src/cluster/record.ts";
import { ownStateDirectory } from "./fake-cluster.ts";

ownStateDirectory();

async function record(name: string, content: string): Promise<string> {
  const path = recordPath(name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

test("A record tells whose cluster a name is, also one of a newer version", async () => {
  await record("mine", '{"version":2,"name":"mine","provider":"fake"}');
  await record("newer", '{"version":99,"name":"newer","provider":"other","more":{}}');
  expect(await Promise.all(["mine", "newer"].map(providerOfRecord))).toEqual(["fake", "other"]);
  expect(await recordedNames()).toEqual(["mine", "newer"]);
});

test("A name without a record belongs to nobody", async () => {
  expect([await providerOfRecord("nobody"), await recordedNames()]).toEqual([undefined, []]);
});

test("A damaged or untrusted record is refused rather than guessed", async () => {
  await record("damaged", '{"version"');
  await record("without", '{"version":2,"name":"without"}');
  await chmod(await record("open", '{"version":2,"name":"open","provider":"fake"}'), 0o666);
  await expect(providerOfRecord("damaged")).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  await expect(providerOfRecord("without")).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  await expect(providerOfRecord("open")).rejects.toMatchObject({ code: "STATE_UNTRUSTED" });
});
