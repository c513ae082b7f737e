import type { KeyObject } from "node:crypto";

import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import { type Certified, certify, pemOf } from "../identity/certificate.ts";
import { signedMessage } from "../identity/signed-message.ts";
import { SUBSCRIPTION } from "./state/shelf.ts";
import type { Vm } from "./state/vm.ts";

const INTERMEDIATE = "/pki/intermediate.crt";
const ROOTS = "/pki/roots.pem";
const HOURS_6_MS = 6 * 3_600_000;

interface Pki {
  readonly root: Certified;
  readonly intermediate: Certified;
}

/** Microsoft's CA. */
let pki: Pki | undefined;
/** The metadata service's certificates, by where their issuer's is. */
const signers = new Map<string, Certified>();
/** One for all clouds of this process: to make one may take a quarter of a second. */
let key: KeyObject | undefined;

/** Attested data of VMs, and the certificates above the one that it is signed with. */
export class AttestedData {
  /** The answer instead of a fresh one: the service may repeat an earlier message. */
  staleNonces: string[] = [];

  /** The answer, where the request is for one of the certificates. */
  answer({ url }: WireRequest): WireReply | undefined {
    if (url.pathname === INTERMEDIATE) return { status: 200, body: authorities().intermediate.certificate };
    return url.pathname === ROOTS ? { status: 200, body: pemOf(authorities().root.certificate) } : undefined;
  }

  /** `attested/document` of a VM. */
  document(vm: Vm, query: URLSearchParams, endpoint: string): Readonly<Record<string, string>> | undefined {
    const nonce = query.get("nonce") ?? undefined;
    if (nonce !== undefined && !/^[A-Za-z0-9]{1,32}$/u.test(nonce)) return undefined;
    const told = this.staleNonces.shift() ?? nonce;
    return { encoding: "pkcs7", signature: signedData(endpoint, attestedClaims(vm, told)) };
  }
}

/** What Azure signs about a VM. */
export function attestedClaims(vm: Vm, nonce: string | undefined): Readonly<Record<string, unknown>> {
  const now = Date.now();
  return {
    licenseType: "",
    nonce: nonce ?? time(now),
    plan: { name: "", product: "", publisher: "" },
    sku: "server",
    subscriptionId: SUBSCRIPTION,
    timeStamp: { createdOn: time(now), expiresOn: time(now + HOURS_6_MS) },
    vmId: vm.vmId,
  };
}

/** As Azure signs it: with its own certificate alone. */
export function signedData(endpoint: string, claims: Readonly<Record<string, unknown>>): string {
  const issuerUrl = `${endpoint}${INTERMEDIATE}`;
  const signer = signers.get(endpoint) ?? metadataCertificate({ issuerUrl, privateKey: key });
  signers.set(endpoint, signer);
  key = signer.privateKey;
  return signedMessage(JSON.stringify(claims), signer, [signer.certificate], { plain: true });
}

/** A certificate of Microsoft's CA, by default the metadata service's. */
export function metadataCertificate(
  wanted: Pick<Parameters<typeof certify>[0], "issuerUrl" | "dnsNames" | "validDays" | "issuer" | "privateKey">,
): Certified {
  const { intermediate: issuer } = authorities();
  return certify({ commonName: "metadata.azure.com", issuer, dnsNames: ["metadata.azure.com"], ...wanted });
}

export function authorities(): Pki {
  if (pki === undefined) {
    const root = certify({ commonName: "Simulated TLS RSA Root", authority: true });
    pki = {
      root,
      intermediate: certify({ commonName: "Simulated TLS RSA CA OCSP 02", issuer: root, authority: true }),
    };
  }
  return pki;
}

/** `11/28/18 00:16:17 -0000` */
function time(ms: number): string {
  const [date = "", clock = ""] = new Date(ms).toISOString().split(/[T.]/u);
  const [year = "", month, day] = date.split("-");
  return `${month}/${day}/${year.slice(2)} ${clock} -0000`;
}
