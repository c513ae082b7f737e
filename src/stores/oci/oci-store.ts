import type { Observation } from "../../provider/checkup.ts";
import type { OciAuthority, OciCertificate, OciSecret } from "../../security/references/secret-reference.ts";
import type { SecretUse } from "../../security/references/uses.ts";
import { ociAccess } from "../credentials/oci.ts";
import { ask } from "../http/ask.ts";
import { membersOf, textIn, within } from "../http/json.ts";
import { notUnderstood, refusal, refusedBy } from "../refusals.ts";
import type { SecretStore } from "../secret-store.ts";

type Reference = OciCertificate | OciAuthority | OciSecret;

export const ociCertificates: SecretStore<OciCertificate> = {
  async read(reference, use, signal) {
    const kind = "certificateBundleType=CERTIFICATE_CONTENT_WITH_PRIVATE_KEY";
    const path = `/20210224/certificateBundles/${reference.ocid}?${kind}`;
    return partOf(reference, await get(reference, "certificates", path, signal), use);
  },
  look: async (reference, signal) =>
    await state(reference, "certificatesmanagement", `/20210224/certificates/${reference.ocid}`, signal),
};

export const ociAuthorities: SecretStore<OciAuthority> = {
  async read(reference, use, signal) {
    const path = `/20210224/certificateAuthorityBundles/${reference.ocid}`;
    return partOf(reference, await get(reference, "certificates", path, signal), use);
  },
  look: async (reference, signal) =>
    await state(reference, "certificatesmanagement", `/20210224/certificateAuthorities/${reference.ocid}`, signal),
};

export const ociSecrets: SecretStore<OciSecret> = {
  async read(reference, _use, signal) {
    const answer = await get(reference, "secrets.vaults", `/20190301/secretbundles/${reference.ocid}`, signal);
    const content = textIn(within(answer, "secretBundleContent"), "content");
    if (content === undefined) throw notUnderstood(reference);
    return Buffer.from(content, "base64").toString();
  },
  look: async (reference, signal) => await state(reference, "vaults", `/20180608/secrets/${reference.ocid}`, signal),
};

/** A certificate with its chain, or its key. */
function partOf(reference: Reference, bundle: Readonly<Record<string, unknown>>, use: SecretUse): string {
  const [certificate, chain = ""] = [textIn(bundle, "certificatePem"), textIn(bundle, "certChainPem")];
  const part = use === "key" ? textIn(bundle, "privateKeyPem") : certificate && `${certificate.trimEnd()}\n${chain}`;
  if (part === undefined) throw notUnderstood(reference);
  return part;
}

async function state(reference: Reference, service: string, path: string, signal: AbortSignal): Promise<Observation> {
  const found = textIn(await get(reference, service, path, signal), "lifecycleState");
  if (found === undefined) throw notUnderstood(reference);
  return found === "ACTIVE" ? { state: "good", found: "active" } : { state: "bad", found: found.toLowerCase() };
}

async function get(
  reference: Reference,
  service: string,
  path: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const access = await ociAccess(reference, signal);
  const url = `${endpoint() ?? `https://${service}.${access.place}`}${path}`;
  const { status, text } = await ask({ url, headers: await access.headersFor(url) }, signal);
  const members = membersOf(text);
  if (status === 200) return members;
  // What an identity may not see does not exist for it.
  throw refusal(reference, refusedBy(status), textIn(members, "message"));
}

/** The variable of OCI's command line leads elsewhere, as it leads that. */
function endpoint(): string | undefined {
  const given = process.env["OCI_CLI_ENDPOINT"] ?? "";
  return given === "" ? undefined : given.replace(/\/+$/, "");
}
