import { X509Certificate } from "node:crypto";

import { notHad } from "../../../src/cloud/identity/not-had.ts";
import { Published } from "../../../src/cloud/identity/published.ts";
import { messageOf } from "../../../src/errors.ts";
import type { IdentityProof } from "../../../src/provider/cloud-provider.ts";
import { printableName } from "../../../src/text/printable.ts";
import { unlessAborted } from "../../../src/wait.ts";
import type { AzureApi } from "../api/client.ts";
import { type AttestedData, isMetadataService, problemOfClaims, readAttestedData } from "./attested.ts";
import { nodesRoots, problemOfChain } from "./chain.ts";

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Who keeps the certificates above Azure's. Others are not asked: the URL is the document's, and might lead into this network. */
const KEEPERS = /(?:^|\.)(?:microsoft|digicert)\.(?:com|cn)$/;
/** Azure has some tens of intermediates. */
const MOST_KEPT = 100;

/** Verifies the attested data of machines in one subscription. */
export class AzureIdentity {
  readonly #subscriptionId: string;
  /** The user's own roots, or none. */
  readonly #given: Published<readonly X509Certificate[]> | undefined;
  readonly #endpoint: string;
  readonly #above = new Map<string, Published<X509Certificate>>();
  #roots: readonly X509Certificate[] | undefined;

  /** @param given the `identityCertificates` option */
  constructor({ subscriptionId, endpoint }: Pick<AzureApi, "subscriptionId" | "endpoint">, given: string | undefined) {
    this.#subscriptionId = subscriptionId;
    this.#endpoint = endpoint;
    this.#given =
      given === undefined ? undefined : new Published(given, (text) => certificatesIn(text.toString("latin1")));
  }

  /**
   * Why a document is not taken, in words; undefined where it is good.
   *
   * @param vmId the machine's, by Azure's list
   */
  async verify(vmId: string, { document, key256 }: IdentityProof, signal: AbortSignal): Promise<string | undefined> {
    const now = new Date();
    let data: AttestedData;
    try {
      data = readAttestedData(document);
    } catch (error) {
      return messageOf(error);
    }
    const { signer, claims } = data;
    // Before anything is fetched from where the document says.
    const wrong = problemOfClaims(claims, { vmId, subscriptionId: this.#subscriptionId, key256, now });
    if (wrong !== undefined) return wrong;
    if (!isMetadataService(signer)) {
      const names = printableName(signer.subjectAltName ?? signer.subject, 80);
      return `its attested data is not signed by Azure's metadata service, but by ${names}`;
    }
    try {
      const given = this.#given === undefined ? [] : await unlessAborted(signal, this.#given.content());
      const trusted = [...given, ...this.#nodesRoots()];
      return await unlessAborted(signal, problemOfChain(signer, { trusted, fetch: (url) => this.#fetch(url), now }));
    } catch (error) {
      signal.throwIfAborted();
      throw notHad("The certificates above that of Azure's metadata service", error);
    }
  }

  #nodesRoots(): readonly X509Certificate[] {
    this.#roots ??= nodesRoots();
    return this.#roots;
  }

  async #fetch(url: string): Promise<X509Certificate | undefined> {
    const { hostname, origin } = new URL(url);
    if (!KEEPERS.test(hostname) && origin !== new URL(this.#endpoint).origin) return undefined;
    const known = this.#above.get(url) ?? new Published(url, (bytes) => new X509Certificate(bytes));
    if (this.#above.size < MOST_KEPT) this.#above.set(url, known);
    return await known.content();
  }
}

function certificatesIn(text: string): readonly X509Certificate[] {
  const found = [...text.matchAll(PEM)].map(([pem]) => new X509Certificate(pem));
  if (found.length === 0) throw new Error("it has no certificates");
  return found;
}
