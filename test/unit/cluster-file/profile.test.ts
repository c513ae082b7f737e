import { chmodSync, mkdirSync } from "node:fs";

import { expect, test } from "vitest";

import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { folderOfTest } from "./folder.ts";
import { valuesOf } from "./values.ts";

const { write, path, env } = folderOfTest();
const TEAM = ".config/dask-fleet/profiles/team.yaml";

async function read(content: string, options = {}): ReturnType<typeof readClusterFile> {
  return await readClusterFile(write("cluster.yaml", content), { env: env(), ...options });
}

test("A file lies over a profile, and settings over both", async () => {
  write(TEAM, "provider: ec2\nregion: eu-west-1\nworkers: 1\ntags: { team: ml, cost: 1 }\n");
  const file = await read("profile: team\nname: a-b\ntags: { cost: 2 }\n", { set: ["workers=3"] });
  expect(file).toMatchObject({ provider: "ec2", profile: "team", name: "a-b" });
  expect(await valuesOf(file)).toMatchObject({ region: "eu-west-1", nWorkers: 3, tags: { team: "ml", cost: "2" } });
});

test("A file adds to the groups of a profile, option by option, and takes one away with null", async () => {
  write(TEAM, "provider: ec2\nworkers:\n  cpu: { count: 3, spot: true }\n  gpu: { maximum: 4 }\n");
  const file = await read("profile: team\nworkers:\n  cpu: { count: 1 }\n  gpu: null\n  big: { maximum: 1 }\n");
  const { workers } = (await valuesOf(file)) as { workers: object };
  expect(workers).toEqual({ cpu: { count: 1, spot: true }, big: { maximum: 1 } });
  write(TEAM, "provider: ec2\nregion: eu-west-1\nworkers: 1\ntags: { team: ml, cost: 1 }\n");
});

test("An option or --set names another profile than the file", async () => {
  write("xdg/dask-fleet/profiles/mine.yaml", "provider: local\nworkers: 7\n");
  const moved = { env: { ...env(), XDG_CONFIG_HOME: path("xdg") } };
  expect(await valuesOf(await read("profile: team\n", { ...moved, profile: "mine" }))).toMatchObject({ nWorkers: 7 });
  expect(await valuesOf(await read("name: a-b\n", { ...moved, set: ["profile=mine"] }))).toMatchObject({ nWorkers: 7 });
});

test("Errors name the profile whose value it is", async () => {
  write(TEAM, "provider: ec2\n\nspot: often\nregoin: x\n");
  await expect(read("profile: team\n")).rejects.toThrow(`Unknown name "regoin" from ${path(TEAM)}:4 (regoin)`);
  write(TEAM, "provider: ec2\n\nspot: often\n");
  await expect(valuesOf(await read("profile: team\n"))).rejects.toThrow(`from ${path(TEAM)}:3 (spot)`);
});

test("A missing profile names the nearest", async () => {
  write(TEAM, "");
  await expect(read("profile: tem\n")).rejects.toThrow(
    /There is no profile "tem" from .*:1 \(profile\).*Did you mean "team"\?/u,
  );
  await expect(read("profile: ../../x\n")).rejects.toThrow("is no name of a profile");
});

test("A profile that others can write, or that is no file, is not read", async () => {
  write(TEAM, "provider: local\n");
  chmodSync(path(TEAM), 0o664);
  await expect(read("profile: team\n")).rejects.toMatchObject({
    code: "STATE_UNTRUSTED",
    message: expect.stringContaining("can be changed by others (mode 0664). chmod go-w it."),
  });
  mkdirSync(path(".config/dask-fleet/profiles/folder.yaml"));
  await expect(read("profile: folder\n")).rejects.toThrow("is a directory");
});

test("A profile has no program", async () => {
  write(TEAM, "provider: local\nrun: rm -rf x\nfiles: x\nprofile: other\n");
  const said = (await read("profile: team\n").catch((error: Error) => error)) as Error;
  expect(said.message.match(/A profile has no (?:run|files|profile)/gu)).toHaveLength(3);
});
