import { describe, expect } from "vitest";

import { findingsOf, notGood } from "../../support/doctor.ts";
import { patient } from "../../support/patience.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { sentences } from "../world.ts";

/** What every cloud is looked at for. */
const TOPICS = [
  "options",
  "state",
  "clock",
  "credentials",
  "machines",
  "image",
  "network",
  "quota",
  "permissions",
  "address",
  "proxy",
];
const SHORT = { timeoutMs: patient(2000) };

export function describeDoctor(provider: ProviderUnderTest): void {
  describe(`${provider.name}: doctor`, () => {
    const holds = sentences(provider);

    holds("finds nothing wrong where nothing is, and creates nothing", async (world) => {
      const findings = await findingsOf(world.statics.doctor({ nWorkers: 2 }));
      expect([...findings.keys()]).toEqual(expect.arrayContaining(TOPICS));
      expect(notGood(findings).filter(([, state]) => state === "bad")).toEqual([]);
      expect(world.cloud.machines).toEqual([]);
      // Whatever changes something is at most a dry run.
      expect(world.cloud.leftovers("dask-fleet-doctor")).toEqual([]);
    });

    holds("goes on with everything else where the credentials are refused", async (world) => {
      world.cloud.recorder.watch(() => provider.refusal(401));
      const findings = await findingsOf(world.statics.doctor());
      const bad = [...findings.values()].filter(({ state }) => state === "bad");
      expect(bad).not.toEqual([]);
      expect(bad.map(({ remedy = "" }) => remedy).join()).toMatch(/credentials|token/);
      expect(findings.get("clock")?.state).toBe("good");
      expect(findings.get("permissions")).toMatchObject({
        state: "unknown",
        found: expect.stringMatching(/^not checked/),
      });
    });

    holds(
      "a cloud that never answers is a finding for each check, in time, and no other check waits for it",
      async (world) => {
        world.cloud.recorder.silence(0, { effect: false });
        const findings = await findingsOf(world.statics.doctor({}, SHORT));
        expect([...findings.keys()]).toEqual(expect.arrayContaining(TOPICS));
        expect([...findings.values()].map(({ found }) => found)).toContain("no answer in time");
        expect([findings.get("state")?.state, findings.get("proxy")?.state]).toEqual(["good", "good"]);
      },
    );

    holds("a wrong clock is found, whatever the cloud answers otherwise", async (world) => {
      world.cloud.cloud.clockAheadMs = 600_000;
      const behind = await findingsOf(world.statics.doctor());
      expect(behind.get("clock")).toMatchObject({
        state: "bad",
        found: expect.stringMatching(/^(?:599|600) s behind/),
      });
      world.cloud.cloud.clockAheadMs = -600_000;
      const ahead = await findingsOf(world.statics.doctor());
      expect(ahead.get("clock")).toMatchObject({
        state: "bad",
        found: expect.stringMatching(/^(?:599|60\d) s ahead of/),
      });
      expect(ahead.get("clock")?.remedy).toContain("Set the clock");
    });

    holds("the address service is asked, and one that does not answer is a finding", async (world) => {
      const addressService = `${world.cloud.cloud.endpoint}/checkip`;
      const asked = { allowedCidrs: undefined, addressService };
      // Here the service sees a loopback address: allowed, since it is on this computer.
      expect((await findingsOf(world.statics.doctor(asked))).get("address")?.found).toContain("127.0.0.1");
      const nobody = { allowedCidrs: undefined, addressService: "http://127.0.0.1:9/" };
      const findings = await findingsOf(world.statics.doctor(nobody));
      expect(findings.get("address")).toMatchObject({ state: "bad", remedy: expect.stringContaining("allowedCidrs") });
    });

    holds("what a cloud says is printable, and one line each", async (world) => {
      world.cloud.recorder.change((reply) => {
        const body = String(reply.body ?? "");
        return { ...reply, body: body.replaceAll(/ubuntu|vpc-|default/giu, (word) => `${word}\u202E\u0007`) };
      });
      for (const finding of (await findingsOf(world.statics.doctor())).values()) {
        expect(JSON.stringify(finding)).not.toMatch(/\\u0007|\u202E/);
        expect(finding.found).not.toContain("\n");
      }
    });

    holds("an aborted checkup throws the signal's reason", async (world) => {
      world.cloud.recorder.silence(0, { effect: false });
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      const findings = findingsOf(world.statics.doctor({}, { signal: controller.signal }));
      controller.abort(reason);
      await expect(findings).rejects.toBe(reason);
    });
  });
}
