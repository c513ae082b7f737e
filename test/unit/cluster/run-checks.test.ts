import { describe, expect, test } from "vitest";

import { skewOf } from "../../../src/cloud/checkup/clock-check.ts";
import { roomIn, workersOf } from "../../../src/cloud/checkup/quota.ts";
import { CloudError } from "../../../src/cloud/errors/cloud-error.ts";
import { failureOf } from "../../../src/cluster/checkup/finding-of.ts";
import { runChecks } from "../../../src/cluster/checkup/run-checks.ts";
import { DaskFleetError, type Meaning } from "../../../src/errors.ts";
import type { Check, Finding } from "../../../src/provider/checkup.ts";
import { findingsOf } from "../../support/doctor.ts";

const NEVER = new Promise<never>(() => undefined);

function check(topic: string, run: Check["run"], more: Partial<Check> = {}): Check {
  return { topic, title: `the ${topic}`, run, ...more };
}

const fine = async (): ReturnType<Check["run"]> => ({ state: "good", found: "fine" });

function cloudError(meaning: Meaning): CloudError {
  return new CloudError({
    code: "AUTH_FAILED",
    meaning,
    elsewhere: false,
    sentence: "Give it the role.",
    said: "the cloud's own words",
    cloudCode: "Forbidden",
    refused: true,
  });
}

describe("Checks", () => {
  test("run side by side and are given in their order, each as soon as it and those before are known", async () => {
    const slow = Promise.withResolvers<void>();
    const order: string[] = [];
    const findings = runChecks([
      check("first", fine),
      check("slow", async () => {
        await slow.promise;
        return { state: "good", found: "at last" };
      }),
      check("quick", async () => {
        order.push("quick has run");
        return { state: "good", found: "fine" };
      }),
    ]);
    for await (const { topic } of findings) {
      order.push(topic);
      if (topic === "first") {
        expect(order).toContain("quick has run");
        slow.resolve();
      }
    }
    expect(order).toEqual(["quick has run", "first", "slow", "quick"]);
  });

  test("one that hangs, fails or throws at once keeps no other", async () => {
    const checks = [
      check("hangs", async () => await NEVER),
      check("throws", () => {
        throw new Error("a defect");
      }),
      check("refused", async () => {
        throw cloudError("permission");
      }),
      check("good", fine),
    ];
    const findings = await findingsOf(runChecks(checks, { timeoutMs: 50 }));
    expect([...findings.values()].map(({ topic, state }) => [topic, state])).toEqual([
      ["hangs", "unknown"],
      ["throws", "unknown"],
      ["refused", "bad"],
      ["good", "good"],
    ]);
    expect(findings.get("refused")).toMatchObject({
      found: "permission missing (Forbidden)",
      remedy: "Give it the role.",
    });
  });

  test("one that needs another is left out unless that is good, and says why", async () => {
    let ran = false;
    const findings = await findingsOf(
      runChecks([
        check("credentials", async () => ({ state: "bad", found: "none" })),
        check("account", fine, { after: ["credentials"] }),
        check("quota", async () => ((ran = true), await fine()), { after: ["account"] }),
      ]),
    );
    expect(findings.get("account")?.found).toBe("not checked: the credentials");
    expect([findings.get("quota")?.found, ran]).toEqual(["not checked: the account", false]);
  });

  test("the time of one begins when those that it needs are over", async () => {
    const findings = await findingsOf(
      runChecks(
        [
          check(
            "slow",
            async () => await new Promise((resolve) => setTimeout(() => resolve({ state: "good", found: "" }), 150)),
          ),
          check(
            "next",
            async (signal) => {
              expect(signal.aborted).toBe(false);
              return await fine();
            },
            { after: ["slow"] },
          ),
        ],
        { timeoutMs: 5000 },
      ),
    );
    expect(findings.get("next")?.state).toBe("good");
  });

  test("an abort ends them with its reason; one who asks for no more ends them, too", async () => {
    const signals: AbortSignal[] = [];
    const hangs = check("hangs", async (signal) => {
      signals.push(signal);
      return await NEVER;
    });
    const controller = new AbortController();
    const findings = findingsOf(runChecks([hangs], { signal: controller.signal }));
    controller.abort(new Error("enough"));
    await expect(findings).rejects.toThrow("enough");
    for await (const _ of runChecks([check("first", fine), hangs])) break;
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test("texts from outside are printable and stay one line", async () => {
    const evil = "\u001B]0;x\u0007\u202Eevil\nnext";
    const findings = await findingsOf(
      runChecks([check("evil", async () => ({ state: "bad", found: evil, remedy: evil }))]),
    );
    const { found, remedy } = findings.get("evil") as Finding;
    expect(found).toBe(String.raw`\u{202e}evil next`);
    expect(remedy).toBe(String.raw`\u{202e}evil` + "\nnext");
  });
});

describe("A failure", () => {
  test.each<[Meaning, string]>([
    ["credentials", "bad"],
    ["permission", "bad"],
    ["policy", "bad"],
    ["configuration", "bad"],
    ["quota", "bad"],
    ["transient", "unknown"],
    ["throttled", "unknown"],
    ["capacity", "unknown"],
    ["unknown", "unknown"],
  ])("that means %s is %s", (meaning, state) => {
    expect(failureOf({}, cloudError(meaning)).state).toBe(state);
  });

  test("for want of a permission that only the doctor needs is not known", () => {
    expect(failureOf({ tellsOnly: true }, cloudError("permission")).state).toBe("unknown");
    expect(failureOf({ tellsOnly: true }, cloudError("credentials")).state).toBe("bad");
  });

  test("to load an SDK says how to install it", () => {
    const missing = new DaskFleetError("SDK_MISSING", "EC2Cluster needs the package x: npm install x");
    expect(failureOf({}, missing)).toEqual({ state: "bad", found: "not installed", remedy: missing.message });
  });
});

describe("The clock", () => {
  const at = 1_000_000;
  test.each([
    ["the same", { before: at, after: at + 200, told: at - 900 }, "good", "as cloud.example's"],
    ["a few seconds off", { before: at, after: at + 200, told: at + 5200 }, "good", "5 s off cloud.example's"],
    ["slow answers prove nothing", { before: at, after: at + 90_000, told: at + 89_000 }, "good", "as cloud.example's"],
    ["behind", { before: at, after: at, told: at + 120_000 }, "bad", "120 s behind cloud.example's"],
    ["ahead", { before: at, after: at, told: at - 121_000 }, "bad", "120 s ahead of cloud.example's"],
  ])("%s", (_, times, state, found) => {
    expect(skewOf(times, "cloud.example")).toMatchObject({ state, found });
  });
});

describe("Quotas", () => {
  test("all of them must have room; those that have none are named, and how to raise them", () => {
    const cpus = { name: "CPUS", used: 20, limit: 24, needed: 4 };
    const addresses = { name: "ADDRESSES", used: 8, limit: 8, needed: 1 };
    expect(roomIn([cpus], "Ask.")).toEqual({ state: "good", found: "CPUS: 20 of 24 used, 4 needed" });
    expect(roomIn([cpus, addresses], "Ask.")).toEqual({
      state: "bad",
      found: "ADDRESSES: 8 of 8 used, 1 needed",
      remedy: "Ask.",
    });
  });

  test("count the workers of all groups, and one where a cluster starts without any", () => {
    expect(workersOf({ nWorkers: 0 })).toBe(1);
    const group = { minimum: 0, quorum: 0, options: {} };
    expect(
      workersOf({
        nWorkers: 1,
        groups: [
          { name: "a", size: 2, ...group },
          { name: "b", size: 3, ...group },
        ],
      }),
    ).toBe(5);
  });
});
