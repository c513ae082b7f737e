import { expect, test } from "vitest";

import { ExpiryWatch } from "../../../src/cluster/certificates/expiry-watch.ts";
import { Security } from "../../../src/security/security.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const BEGAN = Date.parse("2026-03-01T00:00:00Z");

/** Checks every hour for so many days, and returns each warning with its day, counted back from the certificates' expiry. */
function watch(days: number, security: Security | undefined, expiresAt?: Date): readonly (readonly [number, string])[] {
  let now = BEGAN;
  const told: [number, string][] = [];
  const watch = new ExpiryWatch({
    spec: { clusterName: "c", security, expiresAt },
    emit: (event) => told.push([Math.round((now - BEGAN) / DAY_MS), event.type === "warning" ? event.message : ""]),
    now: () => now,
  });
  for (; now <= BEGAN + days * DAY_MS; now += HOUR_MS) watch.look();
  return told;
}

const lasting = (days: number): Security => Security.temporary({ now: new Date(BEGAN), validForMs: days * DAY_MS });

test("Certificates of a year cause warnings 14, 3 and 1 days before they expire, and on expiry", () => {
  const told = watch(400, lasting(365));
  expect(told.map(([day]) => day)).toEqual([351, 362, 364, 365]);
  expect(told[0]?.[1]).toMatch(
    /^The certificates of c expire at 2027-03-01T00:00:00\.000Z\. .*never your own.*start a new/u,
  );
  expect(told[3]?.[1]).toMatch(/^The certificates of c expired at 2027-03-01T00:00:00\.000Z\. /u);
});

test("Temporary certificates of days cause no warning before a quarter is left, when a renewal is overdue", () => {
  expect(watch(1.4, lasting(2))).toEqual([]);
  expect(watch(1.6, lasting(2)).map(([day]) => day)).toEqual([2]);
});

test("The caller's own certificates that expire soon after the start cause one warning immediately", () => {
  const { options } = lasting(2).toRecord();
  expect(watch(1, new Security(options)).map(([day]) => day)).toEqual([0, 1]);
  expect(watch(0.5, new Security(options)).map(([day]) => day)).toEqual([0]);
});

test("Renewed certificates are warned of anew", () => {
  const security = lasting(2);
  let now = BEGAN + 1.6 * DAY_MS;
  const told: string[] = [];
  const watch = new ExpiryWatch({
    spec: { clusterName: "c", security, expiresAt: undefined },
    emit: (event) => told.push(event.type),
    now: () => now,
  });
  watch.look();
  watch.look();
  expect(watch.describe()).toContain("expire at 2026-03-03T00:00:00.000Z, and nothing has renewed them");
  security.adopt(security.renewed(new Date(now)));
  watch.look();
  expect([told, watch.describe()]).toEqual([["warning"], ""]);
  now += 1.8 * DAY_MS;
  watch.look();
  expect(told).toEqual(["warning", "warning"]);
});

test("Clusters that end before their certificates, or have none, cause no warning", () => {
  expect(watch(400, lasting(365), new Date(BEGAN + 365 * DAY_MS))).toEqual([]);
  expect(watch(400, undefined)).toEqual([]);
});
