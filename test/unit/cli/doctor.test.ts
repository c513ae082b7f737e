import { expect, test } from "vitest";

import { findingLines } from "../../../src/cli/checkup/checkup-lines.ts";
import { notSetUp } from "../../../src/cli/checkup/checkups.ts";
import type { Call } from "../../../src/cli/command.ts";
import { doctor } from "../../../src/cli/commands/prepare/doctor.ts";
import type { ClusterType, LoadedProvider } from "../../../src/cli/providers.ts";
import type { Finding } from "../../../src/provider/checkup.ts";
import { isolatedState } from "../../support/local-state.ts";

isolatedState();

const good = (topic: string): Finding => ({ topic, title: topic, state: "good", found: "fine" });
const bad = (topic: string): Finding => ({ topic, title: topic, state: "bad", found: "missing", remedy: "Get one." });

/** What `dask-fleet doctor toy` prints, for a provider with these findings. */
async function run(
  findings: readonly Finding[],
  json = false,
): Promise<{ code: number; lines: string[]; data: unknown }> {
  const lines: string[] = [];
  let data: unknown;
  const provider = {
    facts: { command: "toy", title: "Toy cloud" },
    type: async () => {
      const type = {
        async *doctor() {
          yield* findings;
        },
      };
      return type as unknown as ClusterType;
    },
  } as unknown as LoadedProvider;
  const out = {
    json,
    line: ({ text }: { text: string }) => void lines.push(text),
    result: (result: { data: unknown }) => void (data = result.data),
  };
  const call = { provider, out, clusterOptions: () => ({}) } as unknown as Call;
  return { code: await doctor.run(call), lines, data };
}

test("doctor prints each finding with its mark and the step that mends it, this computer's first", async () => {
  const { code, lines } = await run([good("options"), good("state"), good("sdk"), bad("credentials")]);
  const own = lines.slice(lines.indexOf("Toy cloud"));
  // Valid options are no news, and of this computer it was told above.
  expect(own).toEqual([
    "Toy cloud",
    "  ✓ sdk                     fine",
    "  ✗ credentials             missing\n      → Get one.",
  ]);
  expect(lines[0]).toBe("this computer");
  expect(lines.join("\n")).toMatch(/✓ state directory.*\n.*✓ Python +Python 3/);
  expect(code).toBe(1);
});

test("doctor exits with 0 unless something is ✗: what is not known is no failure", async () => {
  const unknown: Finding = { topic: "quota", title: "quota", state: "unknown", found: "not told" };
  expect((await run([good("sdk"), unknown])).code).toBe(0);
});

test("doctor --json prints one document with all findings, and no lines", async () => {
  const { code, lines, data } = await run([good("sdk"), bad("credentials")], true);
  expect([code, lines]).toEqual([1, []]);
  expect(data).toMatchObject({
    ok: false,
    checkups: [
      { provider: "local", findings: expect.arrayContaining([expect.objectContaining({ topic: "python" })]) },
      { provider: "toy", findings: [good("sdk"), bad("credentials")] },
    ],
  });
});

test("a remedy of several lines stays below its finding", () => {
  expect(findingLines({ ...bad("python"), remedy: "No Python:\n- python3: not found" })).toBe(
    "  ✗ python                  missing\n      → No Python:\n        - python3: not found",
  );
});

test("a provider without SDK, options or credentials is not set up; one whose credentials are there is looked at", () => {
  const unchecked: Finding = {
    topic: "credentials",
    title: "credentials",
    state: "unknown",
    found: "not checked: SDK",
  };
  expect(notSetUp([bad("sdk"), unchecked])?.topic).toBe("sdk");
  expect(notSetUp([bad("options")])?.topic).toBe("options");
  expect(notSetUp([good("sdk"), bad("place"), unchecked])?.topic).toBe("place");
  expect(notSetUp([good("sdk"), bad("credentials")])?.topic).toBe("credentials");
  expect(notSetUp([good("sdk"), good("credentials"), bad("place")])).toBeUndefined();
  expect(notSetUp([good("state"), bad("python")])).toBeUndefined();
});
