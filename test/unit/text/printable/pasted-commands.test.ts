import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { codeText, listCommand, removeCommand, shellWord } from "../../../../src/cluster/end/remove-command.ts";
import { HOSTILE_OUTPUTS, problemsIn } from "../../../support/hostile-output.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dask-fleet-pasted-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const NAMES = [
  ...Object.values(HOSTILE_OUTPUTS).filter((text) => text.length <= 200),
  "$(touch canary)",
  "`touch canary`",
  "lab; touch canary",
  "lab\ntouch canary\n",
  "lab\rtouch canary\r",
  "'$(touch canary)'",
  "\\$(touch canary)\\",
  "$'\\x24(touch canary)'",
  "lab && touch canary || touch canary & touch canary > canary",
  "=ls ~ {a,b} * ? [a-z] !! #",
  "grüße 東京",
  "",
].map((text) => text.replaceAll("\0", "").toWellFormed());

describe("Attack by anyone who can tag in the account: a command suggested for pasting", () => {
  test.each(NAMES)("names exactly the cluster %j, and runs nothing else", (name) => {
    const place = { searched: { region: name, zones: [name, name] }, machines: { zone: name } };
    for (const command of [
      removeCommand({ provider: "ec2", clusterName: name, clusterId: name, place }),
      listCommand({ provider: "ec2", place }),
    ]) {
      expect(problemsIn(command)).toEqual([]);
      expect(command).not.toContain("\n");
      const script = `dask-fleet() { printf '%s\\0' "$@"; }\n${command}`;
      const words = execFileSync("bash", ["-c", script], { cwd: directory, encoding: "utf8" }).split("\0");
      const zones = JSON.stringify([name, name]);
      const options = name === "" ? ["--zones", zones] : ["--zone", name, "--region", name, "--zones", zones];
      const isRemove = words[0] === "remove";
      const [named, id] = isRemove ? [[name], ["--id", name]] : [[], []];
      expect(words).toEqual([isRemove ? "remove" : "list", "ec2", ...named, ...options, ...id, ""]);
    }
    expect(existsSync(join(directory, "canary"))).toBe(false);
    expect(runInNewContext(codeText(name))).toBe(name);
    expect(problemsIn(codeText(name))).toEqual([]);
  });

  test("omits an overlong name, whose prefix could be another's", () => {
    expect(shellWord("x".repeat(16_384))).toBe("'<16,384 characters>'");
    expect(codeText("x".repeat(16_384))).toBe('"<16,384 characters>"');
  });
});
