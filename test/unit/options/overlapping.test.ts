import { join } from "node:path";

import { expect, test } from "vitest";
import * as z from "zod";

import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { aliasOf, count, flag, secret, text } from "../../../src/options/fields.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { mostImportant } from "../../../src/options/overlapping.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { faults, folderWith } from "./fixture.ts";

const SCHEMA = z.object({
  publicIp: flag().default(true),
  usePrivateIp: aliasOf("publicIp", flag(), (isPrivate: boolean) => !isPrivate),
  diskSize: count().default(40),
  filesystemSize: aliasOf("diskSize", count()),
  size: aliasOf("diskSize", count()),
  project: text({ empty: true }).optional(),
  projectid: aliasOf("project", text({ empty: true })),
  token: secret(text()).optional(),
  password: aliasOf("token", secret(text())),
});

type From = "flag" | "constructor" | "environment" | "file";
type Given = readonly [option: string, value: unknown, from: From];

function resolved(...given: readonly Given[]) {
  const from = (source: From): readonly Given[] => given.filter(([, , each]) => each === source);
  const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const snake = (name: string): string => kebab(name).replaceAll("-", "_");
  const yaml = from("file").map(([name, value]) => `${snake(name)}: ${JSON.stringify(value)}`);
  const root = folderWith({ "home/.config/dask/c.yaml": `cloudprovider: {ec2: {${yaml.join(", ")}}}` });
  const args = from("flag").map(([name, value]) => `--${kebab(name)}=${String(value)}`);
  const { flags } = parseCommandLine(args, { schema: SCHEMA });
  return resolveOptions(SCHEMA, {
    section: "ec2",
    options: { ...Object.fromEntries(from("constructor")), ...carrying({ flags }) },
    env: {
      DASK_ROOT_CONFIG: "/nonexistent",
      ...Object.fromEntries(
        from("environment").map(([name, value]) => [
          `DASK_CLOUDPROVIDER__EC2__${snake(name).toUpperCase()}`,
          String(value),
        ]),
      ),
    },
    home: join(root, "home"),
  });
}

test.each<readonly [given: readonly Given[], value: boolean]>([
  [[], true],
  [
    [
      ["publicIp", false, "constructor"],
      ["usePrivateIp", false, "file"],
    ],
    false,
  ],
  [
    [
      ["publicIp", true, "file"],
      ["usePrivateIp", true, "environment"],
    ],
    false,
  ],
  [
    [
      ["publicIp", true, "environment"],
      ["usePrivateIp", true, "file"],
    ],
    true,
  ],
  [[["usePrivateIp", true, "file"]], false],
  [[["publicIp", false, "file"]], false],
  [
    [
      ["publicIp", true, "constructor"],
      ["usePrivateIp", false, "constructor"],
    ],
    true,
  ],
  [
    [
      ["publicIp", true, "constructor"],
      ["usePrivateIp", true, "flag"],
    ],
    false,
  ],
])("Between an option and its alias the higher-priority source wins: %j is %s", (given, value) => {
  expect(resolved(...given).values.publicIp).toBe(value);
});

test.each(["constructor", "environment", "file"] as const)(
  "An option and its alias that disagree in the same source, %s, are refused",
  (from) => {
    expect(() => resolved(["publicIp", true, from], ["usePrivateIp", true, from])).toThrow(
      "The options `publicIp: true` and `usePrivateIp: true` contradict each other: give one of them.",
    );
    expect(() => resolved(["size", 1, from], ["filesystemSize", 2, from])).toThrow(
      "The options `filesystemSize: 2` and `size: 1` contradict each other: give one of them.",
    );
  },
);

test("A contradiction redacts secrets", () => {
  expect(() => resolved(["token", "s3cret", "constructor"], ["password", "0ther", "constructor"])).toThrow(
    "The options `token: [redacted]` and `password: [redacted]` contradict each other: give one of them.",
  );
});

test("A resolved value has the option's name and the source of its alias", () => {
  const { values, sources } = resolved(["filesystemSize", 50, "environment"], ["diskSize", 60, "file"]);
  expect(values).toStrictEqual({ publicIp: true, diskSize: 50 });
  expect(sources.diskSize).toStrictEqual({
    kind: "environment",
    variable: "DASK_CLOUDPROVIDER__EC2__FILESYSTEM_SIZE",
  });
  expect(Object.keys(sources).sort()).toStrictEqual(["diskSize", "project", "publicIp", "token"]);
});

test("An error names the alias as written", () => {
  expect(faults(() => resolved(["filesystemSize", -1, "environment"]))).toStrictEqual([
    "Expected the `filesystemSize` option to be a whole number of at least 0, got `-1` (number) from DASK_CLOUDPROVIDER__EC2__FILESYSTEM_SIZE",
  ]);
});

test("Null resets what a lower-priority source set under any of the names", () => {
  expect(resolved(["filesystemSize", 50, "file"], ["diskSize", "None", "flag"]).values.diskSize).toBe(40);
  expect(resolved(["diskSize", 50, "file"], ["filesystemSize", "None", "flag"]).values.diskSize).toBe(40);
  expect(resolved(["diskSize", 50, "constructor"], ["filesystemSize", "None", "environment"]).values.diskSize).toBe(50);
});

test("An empty string, as in dask-cloudprovider's own configuration, yields to a lower-priority source", () => {
  const values = { workerType: "", type: "large" };
  const sources = { workerType: { kind: "constructor" }, type: { kind: "file", path: "/p" } } as const;
  expect(mostImportant({ values, sources }, "workerType", "type")).toBe("large");
  expect(resolved(["projectid", "", "constructor"], ["project", "p", "file"]).values.project).toBe("p");
  expect(resolved(["project", "", "constructor"], ["projectid", "p", "file"]).values.project).toBe("p");
  expect(resolved(["project", "", "constructor"]).values).not.toHaveProperty("project");
});
