import { X509Certificate } from "node:crypto";

import { expect, test } from "vitest";

import { assertCanGrow } from "../../../../src/cluster/join/authority-in-record.ts";
import { Security } from "../../../../src/security/security.ts";
import { MachineKey } from "./asking.ts";

const MINUTE_MS = 60_000;

function started(authority: "memory" | "record"): Security {
  return Security.temporary({ delivery: "join", authority }).forCluster("join");
}

test("Without the CA's key growth is refused, with the way out; the record has it from the start or after a hand-over", () => {
  const [kept, lost] = [started("record"), started("memory")];
  const clusterName = "lab";

  expect(() => assertCanGrow({ clusterName, security: lost })).not.toThrow();
  expect(() => assertCanGrow({ clusterName, security: Security.fromRecord(kept.toRecord()) })).not.toThrow();
  expect(() => assertCanGrow({ clusterName, security: Security.fromRecord(lost.toRecord(true)) })).not.toThrow();
  const alone = Security.fromRecord(lost.toRecord());
  expect(() => assertCanGrow({ clusterName, security: alone })).toThrow(
    /lab cannot add or replace workers.*Start a new cluster/u,
  );
  expect(() => alone.joining.sign("worker", new MachineKey().spki, "i-1")).toThrow("CA's key");
  expect(JSON.stringify(lost.toRecord()).match(/PRIVATE KEY-----/gu)).toHaveLength(2);
});

test("No process ever has a machine's key, and a follower takes the scheduler's certificate from the record", () => {
  const security = started("memory");
  for (const role of ["scheduler", "worker"] as const) {
    expect(() => security.materialFor(role)).toThrow(`The ${role}'s key is on its machine alone`);
  }
  expect(() => security.clientTls()).toThrow("The scheduler has not joined yet");
  const certificate = security.joining.sign("scheduler", new MachineKey().spki, "i-0");
  security.joining.pin(certificate);
  expect(Security.fromRecord(security.toRecord()).clientTls().schedulerKey256).toBe(
    security.clientTls().schedulerKey256,
  );
  expect(() => security.joining.pin(security.joining.sign("worker", new MachineKey().spki, "i-1"))).toThrow(
    "not one of this cluster's CA",
  );
});

test("A machine's certificate is good by a clock that is ten minutes behind, or ahead", () => {
  const now = new Date();
  const read = new X509Certificate(started("memory").joining.sign("worker", new MachineKey().spki, "i-1", now));
  for (const skewMs of [-10 * MINUTE_MS, 10 * MINUTE_MS]) {
    const there = new Date(now.getTime() + skewMs);
    expect(read.validFromDate < there && there < read.validToDate).toBe(true);
  }
});

test("Certificates of machines are renewed for the same key and name; those of others, and newer ones, are left out", () => {
  const security = started("memory");
  const began = new Date();
  const key = new MachineKey();
  const mine = security.joining.sign("worker", key.spki, "i-1", began);
  const scheduler = security.joining.sign("scheduler", new MachineKey().spki, "i-0", began);
  const foreign = started("memory").joining.sign("worker", new MachineKey().spki, "i-1", began);
  const until = new Date(began.getTime() + 500 * 86_400_000);
  const renewed = Object.values(security.joining.renewedWorkers([mine, scheduler, foreign, "nonsense"], until));

  expect(renewed).toHaveLength(1);
  const read = new X509Certificate(renewed[0] ?? "");
  expect([read.subject, read.checkPrivateKey(key.privateKey)]).toEqual(["CN=i-1", true]);
  expect(Math.abs(read.validToDate.getTime() - until.getTime())).toBeLessThan(1001);
  expect(security.joining.renewedWorkers(renewed, new Date(read.validToDate))).toEqual({});
});
