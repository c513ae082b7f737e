import { expect } from "vitest";

import { readings } from "../support/no-secret-told/expand.ts";
import { privateKeyIn } from "../support/no-secret-told/private-key.ts";
import type { LabMachine } from "./lab/lab-machine.ts";

/** Files that hold a private key, with mode and owner; cloud-init keeps copies of its user data. */
const FILES_WITH_KEYS = `
for file in $(grep -rlI 'PRIVATE KEY' /etc /run /usr/local /var /tmp /root 2>/dev/null); do
  stat --format '%a %U:%G %n' "$file"
done`;

/**
 * A machine's user data is in place, for root alone, and its token is gone; Dask's user has copies of the TLS files. Returns the
 * public half of the key that it made.
 *
 * @param prepares whether the provider has commands of its own before the bootstrap
 */
export async function expectTold(machine: LabMachine, prepares = false): Promise<string> {
  expectNoKeyIn(machine);
  const modes = await machine.sh(
    "cd /etc/dask-fleet && find . \\( -path ./lib -o -path ./steps \\) -prune -o -type f -printf '%m %u:%g %p\\n' | sort",
  );
  expect(modes.split("\n")).toEqual([
    "600 root:root ./bootstrap-extra.sh",
    ...(prepares ? ["600 root:root ./bootstrap-pre.sh"] : []),
    "600 root:root ./node.env",
    "600 root:root ./tls/ca.pem",
    "600 root:root ./tls/cert.pem",
    "600 root:root ./tls/key.pem",
    "600 root:root ./user.env",
    "644 root:root ./booted",
    "644 root:root ./guard",
    "644 root:root ./instance-id",
  ]);
  const holders = (await machine.sh(FILES_WITH_KEYS)).split("\n");
  const lent = holders.filter((line) => !/^[46]00 root:root /u.test(line));
  expect(lent).toEqual(["400 dask:root /run/dask-fleet/tls/key.pem"]);
  const [ofKey, ofCertificate] = await Promise.all([
    machine.sh("openssl pkey -in /etc/dask-fleet/tls/key.pem -pubout"),
    machine.sh("openssl x509 -in /etc/dask-fleet/tls/cert.pem -noout -pubkey"),
  ]);
  expect(ofKey).toBe(ofCertificate);
  expect(await machine.sh("ps -eo args | grep -c '[P]RIVATE KEY' || true")).toBe("0");
  return ofKey;
}

/** The user data of a machine that joins holds its cluster's CA and no private key, in every form that it can be read in. */
export function expectNoKeyIn({ input: { id, userData = Buffer.alloc(0) } }: LabMachine): void {
  const texts = [...readings(userData)].map(({ text }) => text);
  expect(texts.filter((text) => text.includes("BEGIN CERTIFICATE")).length, id).toBeGreaterThan(0);
  expect(texts.map(privateKeyIn).filter((kind) => kind !== undefined)).toEqual([]);
}
