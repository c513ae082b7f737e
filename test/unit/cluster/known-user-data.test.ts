import { expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { buildUserData } from "../../../src/bootstrap/user-data.ts";
import { KnownUserData } from "../../../src/cluster/known-user-data.ts";
import { fakeSpec } from "../bootstrap/fake-spec.ts";

const CAPABILITIES = { limitBytes: 16_384, gzip: true, where: "EC2" };

function workerOf(host: string): NodeSpec {
  return fakeSpec("worker", { schedulerAddress: `tls://${host}:8786`, envVars: { A: "1" } });
}

test("User data is reused for the same node, across requests for other roles", () => {
  const known = new KnownUserData(CAPABILITIES);
  const [worker, scheduler] = [known.of(workerOf("10.0.0.4")), known.of(fakeSpec("scheduler"))];
  expect(known.of(workerOf("10.0.0.4"))).toBe(worker);
  expect(known.of(fakeSpec("scheduler"))).toBe(scheduler);
});

test("A different node gets user data of its own", () => {
  const known = new KnownUserData(CAPABILITIES);
  const specs = [
    workerOf("10.0.0.4"),
    workerOf("10.0.0.5"),
    { ...workerOf("10.0.0.5"), envVars: { A: "2" } },
    { ...workerOf("10.0.0.5"), expiresAt: new Date("2027-01-01T00:00:00Z") },
    { ...workerOf("10.0.0.5"), expiresAt: new Date("2027-01-02T00:00:00Z") },
    workerOf("10.0.0.4"),
  ];
  expect(specs.map((spec) => known.of(spec).text)).toEqual(specs.map((spec) => buildUserData(spec, CAPABILITIES).text));
});

test("Oversized user data is refused on every request", () => {
  const known = new KnownUserData({ ...CAPABILITIES, limitBytes: 100 });
  const refused = (): void =>
    expect(() => known.of(fakeSpec("worker"))).toThrow(expect.objectContaining({ code: "USER_DATA_TOO_LARGE" }));
  refused();
  refused();
});
