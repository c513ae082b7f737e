import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from "node:crypto";

import type { WireReply } from "../../core/wire.ts";
import { issueCertificate } from "../../dask-fleet.ts";
import { json, members, plain, type StoreRequest } from "../answers.ts";
import type { StoreClock } from "../store-clock.ts";
import { isSigned, readSignature } from "./http-signature.ts";

interface Pems {
  readonly cert: string;
  readonly intermediate: string;
  readonly key: string;
  readonly leafKey: KeyObject;
  readonly intermediateKey: KeyObject;
}

const TENANCY = "ocid1.tenancy.oc1..aaaaaaaasimulated";
const REGION = {
  canonicalRegionName: "us-ashburn-1",
  regionInfo: { realmKey: "oc1", realmDomainComponent: "oraclecloud.com" },
};

/** The metadata service of an OCI instance, and the auth service that gives its principal tokens (`/v1/x509`). */
export class InstancePrincipal {
  /** Whether the instance is given certificates. */
  hasIdentity = true;
  readonly #sessions = new Map<string, KeyObject>();
  readonly #clock: StoreClock;
  #pems: Pems | undefined;

  constructor(clock: StoreClock) {
    this.#clock = clock;
  }

  metadata({ url, headers }: StoreRequest): WireReply | undefined {
    if (!url.pathname.startsWith("/opc/v2/")) return undefined;
    if (headers["authorization"] !== "Bearer Oracle" || headers["x-forwarded-for"] !== undefined)
      return plain(403, "Forbidden");
    if (url.pathname === "/opc/v2/instance/") return json(200, { id: "ocid1.instance.oc1.iad.simulated", ...REGION });
    const file = /^\/opc\/v2\/identity\/(?<file>cert|intermediate|key)\.pem$/u.exec(url.pathname)?.groups?.["file"];
    if (file === undefined || !this.hasIdentity) return plain(404, "404 Not Found");
    return plain(200, this.#identity[file as "cert" | "intermediate" | "key"]);
  }

  federate(request: StoreRequest): WireReply | undefined {
    if (request.host !== "auth.us-ashburn-1.oraclecloud.com" || request.url.pathname !== "/v1/x509") return undefined;
    const signature = readSignature(request);
    const { certificate, intermediateCertificates, publicKey } = members(request);
    const [leaf, between] = [
      asCertificate(certificate),
      asCertificate((intermediateCertificates as unknown[] | undefined)?.[0]),
    ];
    const { leafKey, intermediateKey } = this.#identity;
    const known = leaf?.checkPrivateKey(leafKey) === true && between?.checkPrivateKey(intermediateKey) === true;
    if (signature === undefined || leaf === undefined || !known)
      return refused("The certificates are not of an instance.");
    const expected = `${TENANCY}/fed-x509/${leaf.fingerprint.toLowerCase()}`;
    if (signature.keyId !== expected) return refused(`keyId ${signature.keyId} is not ${expected}`);
    const skew = this.skewOf(request);
    if (skew !== undefined) return skew;
    if (!isSigned(request, signature, leaf.publicKey)) return refused("The signature does not fit.");
    const token = randomBytes(60).toString("base64url");
    this.#sessions.set(
      token,
      createPublicKey({ key: Buffer.from(String(publicKey), "base64"), format: "der", type: "spki" }),
    );
    return json(200, { token });
  }

  /** What is wrong with a request to a service, if anything. */
  refusal(request: StoreRequest): WireReply | undefined {
    const signature = readSignature(request);
    const session = this.#sessions.get(/^ST\$(?<token>\S+)$/u.exec(signature?.keyId ?? "")?.groups?.["token"] ?? "");
    if (signature === undefined || session === undefined) return refused("The security token is not known.");
    return (
      this.skewOf(request) ??
      (isSigned(request, signature, session) ? undefined : refused("The signature does not fit."))
    );
  }

  skewOf({ headers }: StoreRequest): WireReply | undefined {
    const date = headers["date"] ?? headers["x-date"] ?? "";
    if (!this.#clock.isOff(Date.parse(date))) return undefined;
    return refused(
      `Date '${date}' is not within allowed clock skew. Current '${new Date(this.#clock.now()).toUTCString()}'`,
    );
  }

  /** Made when it is asked for: RSA keys take a while. */
  get #identity(): Pems {
    this.#pems ??= makeIdentity();
    return this.#pems;
  }
}

function makeIdentity(): Pems {
  const [leaf, intermediate] = [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ];
  const now = Date.now();
  const common = {
    issuer: { commonName: "PKISVC Identity Intermediate us-ashburn-1" },
    issuerPublicKey: intermediate.publicKey,
    issuerPrivateKey: intermediate.privateKey,
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + 3_600_000),
  };
  const subject = { commonName: `opc-instance:ocid1.instance.oc1.iad.simulated, opc-tenant:${TENANCY}` };
  return {
    cert: issueCertificate({
      ...common,
      subject,
      publicKey: leaf.publicKey,
      use: { dnsName: "instance", server: false },
    }).toString(),
    intermediate: issueCertificate({
      ...common,
      subject: common.issuer,
      publicKey: intermediate.publicKey,
      use: "authority",
    }).toString(),
    key: leaf.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    leafKey: leaf.privateKey,
    intermediateKey: intermediate.privateKey,
  };
}

function asCertificate(bare: unknown): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(String(bare), "base64"));
  } catch {
    return undefined;
  }
}

function refused(message: string): WireReply {
  return json(401, { code: "NotAuthenticated", message });
}
