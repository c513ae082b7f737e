import { expect, test } from "vitest";

import { callOf } from "../../../src/cli/call.ts";
import { COMMANDS } from "../../../src/cli/commands/index.ts";
import { outputOf } from "../../../src/cli/output.ts";
import { DaskFleetError } from "../../../src/errors.ts";

/** The options that a command line gives to a cluster, or why it is refused. */
async function given(...args: readonly string[]): Promise<readonly string[] | string> {
  const run = COMMANDS.get("run");
  if (run === undefined) throw new Error("No command run");
  const out = outputOf({ json: false, quiet: true, log: "text" });
  try {
    const { flags } = await callOf(run, ["run", "ec2", ...args, "--", "true"], out);
    return flags.map(({ written }) => written);
  } catch (error) {
    if (error instanceof DaskFleetError) return error.message;
    throw error;
  }
}

test("a command takes durations by the names without a unit, and short forms of mappings", async () => {
  const line =
    "--max-lifetime 4h --idleTimeout 20m --poll-interval-ms 9 --env A=1 --env HOME --tag team=a --disk-size 1TB";
  expect(await given(...line.split(" "))).toEqual(line.split(" ").filter((word) => word.startsWith("--")));
});

test.each([
  ["--max-lifetim 4h", '"--max-lifetim". Did you mean "--max-lifetime"?'],
  ["--maxLifetim 4h", '"--maxLifetim". Did you mean "--maxLifetime"?'],
  ["--max_lifetime_m 4h", '"--max_lifetime_m". Did you mean "--max_lifetime"?'],
  ["--n-workrs 4", '"--n-workrs". Did you mean "--n-workers"?'],
  ["--no-pubic-ip", '"--no-pubic-ip". Did you mean "--public-ip"?'],
  ["--tga a=b", '"--tga". Did you mean "--tag"?'],
  ["--quite", '"--quite". Did you mean "--quiet"?'],
  ["--shutdown-on-close", '"--shutdown-on-close". Use `detach()` or `closeOnExit: false` to keep the cluster.'],
  ["--machine-type m5.large", '"--machine-type". Here it is "--instance-type".'],
])("%s names the nearest option as it was typed", async (line, hint) => {
  expect(await given(...line.split(" "))).toBe(`Unknown option ${hint}`);
});
