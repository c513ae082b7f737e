import { isIPv4 } from "node:net";

import { membersOf, mismatch, shown } from "../../../src/cloud/identity/claims.ts";
import { readSignedMessage, type SignedMessage } from "../../../src/cloud/identity/signed-message.ts";
import { messageOf } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import type { CertificatesOf } from "./certificates.ts";

/** What a document must be about. */
export interface Ec2Expectation {
  readonly machine: Machine;
  readonly region: string;
  /** Undefined: not known. */
  readonly account: string | undefined;
  /** Undefined: AWS' are not known, and the signature is not looked at. */
  readonly certificates: ReturnType<CertificatesOf>;
  readonly now: Date;
}

/** The machine's clock is AWS' own; this computer's may be behind. */
const AHEAD_MS = 10 * 60_000;

/**
 * Why an instance identity document is not taken, in words; undefined where it is good. It names no key: every process on its machine
 * can present it, so it proves something only with a token and from the machine's own address.
 *
 * @param document the `rsa2048` signature of EC2's metadata service, which contains what is signed
 */
export function problemOfDocument(document: string, expected: Ec2Expectation): string | undefined {
  let message: SignedMessage;
  try {
    message = readSignedMessage(Buffer.from(document, "base64"));
  } catch (error) {
    return `its instance identity document cannot be read: ${messageOf(error)}`;
  }
  const { machine, region, account, certificates, now } = expected;
  if (certificates !== undefined && !certificates.some(({ publicKey }) => message.isSignedBy(publicKey))) {
    return `its instance identity document is not signed by AWS for ${region}`;
  }
  const told = membersOf(message.content.toString());
  if (told === undefined) return "its instance identity document cannot be read: it is no JSON";
  const wrong = mismatch([
    { what: "the region", told: told["region"], expected: region },
    { what: "the account", told: told["accountId"], expected: account },
    { what: "the instance", told: told["instanceId"], expected: machine.id },
    { what: "the private address", told: told["privateIp"], expected: privateIpv4(machine) },
  ]);
  if (wrong !== undefined) return `its instance identity document is another's: ${wrong}`;
  const startedAt = Date.parse(String(told["pendingTime"]));
  if (Number.isNaN(startedAt) || startedAt > now.getTime() + AHEAD_MS) {
    return `its instance identity document has an impossible pendingTime: ${shown(told["pendingTime"])}`;
  }
  return undefined;
}

/** The document has no IPv6 address. */
function privateIpv4({ privateAddress }: Machine): string | undefined {
  return privateAddress !== undefined && isIPv4(privateAddress) ? privateAddress : undefined;
}
