import type { WireReply } from "../../core/wire.ts";
import { json, type StoreRequest } from "../answers.ts";
import type { StoreClock } from "../store-clock.ts";
import { InstancePrincipal } from "./instance-principal.ts";

/** A certificate as the Certificates service keeps it. */
export interface OciCertificateBundle {
  readonly certificatePem: string;
  readonly certChainPem?: string | undefined;
  /** Undefined: the key is elsewhere. */
  readonly privateKeyPem?: string | undefined;
}

/** Older regions have codes in OCIDs. */
const CODES: Readonly<Record<string, string>> = { iad: "us-ashburn-1", phx: "us-phoenix-1" };
const KEY_TYPE = "CERTIFICATE_CONTENT_WITH_PRIVATE_KEY";

/** OCI's Certificates and Vault in the regions that their OCIDs name, and the principal of an instance in Ashburn. */
export class OciStores {
  readonly principal: InstancePrincipal;
  /** OCIDs that the instance's dynamic group may not read. */
  readonly denied = new Set<string>();
  readonly #certificates = new Map<string, OciCertificateBundle>();
  readonly #authorities = new Map<string, Omit<OciCertificateBundle, "privateKeyPem">>();
  readonly #secrets = new Map<string, Buffer>();

  constructor(clock: StoreClock) {
    this.principal = new InstancePrincipal(clock);
  }

  putCertificate(ocid: string, bundle: OciCertificateBundle): void {
    this.#certificates.set(ocid, bundle);
  }

  putAuthority(ocid: string, bundle: Omit<OciCertificateBundle, "privateKeyPem">): void {
    this.#authorities.set(ocid, bundle);
  }

  putSecret(ocid: string, value: string | Buffer): void {
    this.#secrets.set(ocid, Buffer.from(value));
  }

  readonly service = (request: StoreRequest): WireReply | undefined => {
    if (request.host === "169.254.169.254") return this.principal.metadata(request);
    const { service, region } =
      /^(?<service>certificates|secrets\.vaults)\.(?<region>[a-z]+-[a-z]+-\d)\.oci\.oraclecloud\.com$/u.exec(
        request.host,
      )?.groups ?? {};
    if (service === undefined) return this.principal.federate(request);
    return this.principal.refusal(request) ?? this.#get(service, region, request.url);
  };

  #get(service: string, region: string | undefined, url: URL): WireReply {
    const [, , kind, ocid = ""] = url.pathname.split("/");
    const named = ocid.split(".")[3] ?? "";
    const isHere = named === "" || (CODES[named] ?? named) === region;
    const isShown = isHere && !this.denied.has(ocid);
    const found = isShown ? this.#bundle(`${service}/${kind}`, ocid, url.searchParams) : undefined;
    // OCI does not tell what may not be read from what there is not.
    return (
      found ??
      json(404, { code: "NotAuthorizedOrNotFound", message: "Authorization failed or requested resource not found." })
    );
  }

  #bundle(kind: string, ocid: string, query: URLSearchParams): WireReply | undefined {
    if (kind === "secrets.vaults/secretbundles") {
      const content = this.#secrets.get(ocid)?.toString("base64");
      return content === undefined
        ? undefined
        : json(200, { secretId: ocid, secretBundleContent: { contentType: "BASE64", content } });
    }
    if (kind === "certificates/certificateAuthorityBundles") return asBundle(ocid, this.#authorities.get(ocid));
    const bundle = this.#certificates.get(ocid);
    // Without asking for it, nobody gets the key.
    if (bundle === undefined || query.get("certificateBundleType") === KEY_TYPE) return asBundle(ocid, bundle);
    return asBundle(ocid, { ...bundle, privateKeyPem: undefined });
  }
}

function asBundle(ocid: string, bundle: object | undefined): WireReply | undefined {
  return bundle && json(200, { certificateId: ocid, stages: ["CURRENT"], ...bundle });
}
