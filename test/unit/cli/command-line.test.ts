import { expect, test } from "vitest";
import * as z from "zod";

import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { clusterFields } from "../../../src/provider/cluster-schema.ts";

const schema = z.object({ ...clusterFields, ...vmFields });

const OWN = new Map([
  ["forget", false],
  ["id", true],
  ["f", true],
]);

/** Each flag as written, with its value. */
function flags(...args: readonly string[]): readonly (readonly [string, string | boolean])[] {
  return parseCommandLine(args, { schema }).flags.map(({ written, value }) => [written, value]);
}

test("Words, options in every spelling, and arguments after -- are told apart", () => {
  const args = [
    "run",
    "ec2",
    "--n-workers=2",
    "--tags.team",
    "a",
    "--spot",
    "--no-public-ip",
    "--env-vars",
    '{"A": "--b"}',
  ];
  const line = parseCommandLine([...args, "--worker-options.nthreads=-1", "--", "python", "a.py", "--", "--spot"], {
    schema,
  });
  expect(line.words).toEqual(["run", "ec2"]);
  expect(line.flags).toEqual([
    { written: "--n-workers", path: ["n-workers"], value: "2" },
    { written: "--tags.team", path: ["tags", "team"], value: "a" },
    { written: "--spot", path: ["spot"], value: true },
    { written: "--no-public-ip", path: ["public-ip"], value: false },
    { written: "--env-vars", path: ["env-vars"], value: '{"A": "--b"}' },
    { written: "--worker-options.nthreads", path: ["worker-options", "nthreads"], value: "-1" },
  ]);
  expect(line.rest).toEqual(["python", "a.py", "--", "--spot"]);
});

test("A switch takes only values it knows; any other option takes the next word", () => {
  const line = parseCommandLine(["remove", "--public-ip", "ec2", "--no-bootstrap", "lab", "--spot", "x"], { schema });
  expect(line.words).toEqual(["remove", "ec2", "lab", "x"]);
  expect(flags("--public-ip", "false", "--spot", "with-fallback", "--security", "False")).toEqual([
    ["--public-ip", "false"],
    ["--spot", "with-fallback"],
    ["--security", "False"],
  ]);
  expect(flags("--n-workers", "lab", "--name", "true", "--worker-options.nanny", "--spot")).toEqual([
    ["--n-workers", "lab"],
    ["--name", "true"],
    ["--worker-options.nanny", true],
    ["--spot", true],
  ]);
});

test("A command's own options stay separate, and take a word only if they have a value", () => {
  const line = parseCommandLine(["remove", "--forget", "ec2", "--id", "a1", "lab", "-f", "x.yaml", "--region", "x"], {
    own: OWN,
  });
  expect(line.own).toEqual(["--forget", "--id=a1", "-f", "x.yaml"]);
  expect(line.words).toEqual(["remove", "ec2", "lab"]);
  expect(line.flags.map(({ written }) => written)).toEqual(["--region"]);
});

test.each([
  [["start", "-n", "2"], /Unknown option "-n"/],
  [["start", "-fn", "2"], /Unknown option "-n"/],
])("%j is refused", (args, message) => {
  expect(() => parseCommandLine(args, { own: OWN, schema })).toThrow(message);
});
