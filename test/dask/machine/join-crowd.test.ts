import { X509Certificate } from "node:crypto";

import { expect, test } from "vitest";

import { spkiOf } from "../../../src/security/certificates/public-key.ts";
import { CrowdedScheduler } from "./crowded-scheduler.ts";
import { pythons } from "./pythons.ts";

const MACHINES = 1000;
const [{ python } = { python: "python3" }] = pythons();

test("A thousand machines that ask at one instant each get the certificate of their own key and name", async () => {
  await using scheduler = await CrowdedScheduler.open(python);
  const joined = await scheduler.join(MACHINES);
  const wrong = joined.filter(({ name, key, answer }) => {
    const certificate = new X509Certificate(String(answer["cert"]));
    return certificate.subject !== `CN=${name}` || !spkiOf(certificate.publicKey).equals(key.spki);
  });
  expect([joined.length, wrong]).toEqual([MACHINES, []]);
  expect(new Set(joined.map(({ answer }) => answer["files"])).size).toBe(1);
  expect(joined[0]?.answer["files"]).toContain("node-role.sh");
  expect(scheduler.warnings).toEqual([]);
});
