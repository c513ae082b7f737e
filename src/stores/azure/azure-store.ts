import { DaskFleetError } from "../../errors.ts";
import type { Observation } from "../../provider/checkup.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { AzureSecret } from "../../security/references/secret-reference.ts";
import { azureToken } from "../credentials/azure.ts";
import { ask } from "../http/ask.ts";
import { membersOf, textIn, within } from "../http/json.ts";
import { notUnderstood, refusal, refusedBy } from "../refusals.ts";
import type { SecretStore } from "../secret-store.ts";

const API_VERSION = "7.4";

export const azureSecrets: SecretStore<AzureSecret> = {
  async read(reference, use, signal) {
    const answer = await get(reference, pathOf(reference), signal);
    const text = textIn(answer, "value");
    if (text === undefined) throw notUnderstood(reference);
    if (use !== "value" && textIn(answer, "contentType") === PKCS12) throw packed(reference);
    return text;
  },
  /** Key Vault tells of a secret's attributes without its value only in the list of its versions. */
  async look(reference, signal): Promise<Observation> {
    const known = await versionsOf(reference, signal);
    const { version } = reference;
    const wanted = version === undefined ? newestOf(known) : known.find(({ id }) => String(id).endsWith(`/${version}`));
    if (wanted === undefined) throw refusal(reference, "gone");
    const isEnabled = within(wanted, "attributes")["enabled"] === true;
    return isEnabled ? { state: "good", found: "enabled" } : { state: "bad", found: "disabled" };
  },
};

/** How Key Vault keeps a certificate with its key, unless it was told to keep PEM. */
const PKCS12 = "application/x-pkcs12";
/** Of 25 versions each. */
const MOST_PAGES = 40;

type Members = Readonly<Record<string, unknown>>;

async function versionsOf(reference: AzureSecret, signal: AbortSignal): Promise<readonly Members[]> {
  const all: Members[] = [];
  let path: string | undefined = `${reference.name}/versions`;
  for (let page = 0; path !== undefined && page < MOST_PAGES; page += 1) {
    const answer: Members = await get(reference, path, signal);
    const { value } = answer;
    if (!Array.isArray(value)) throw notUnderstood(reference);
    all.push(...(value as readonly Members[]));
    path = nextPath(reference, textIn(answer, "nextLink"));
  }
  return all;
}

/** Undefined where there is no more, and where the link leads elsewhere: the token is for this vault alone. */
function nextPath({ vault, name }: AzureSecret, link = ""): string | undefined {
  const start = `${vault}/secrets/`;
  return link.startsWith(`${start}${name}/versions?`) ? link.slice(start.length) : undefined;
}

/** Versions are listed in the order of their ids; the current one is that which was made last. */
function newestOf(versions: readonly Members[]): Members | undefined {
  const madeAt = (each: Members): number => Number(within(each, "attributes")["created"] ?? 0);
  return versions.toSorted((a, b) => madeAt(b) - madeAt(a))[0];
}

function pathOf({ name, version }: AzureSecret): string {
  return version === undefined ? name : `${name}/${version}`;
}

/** Machines have openssl, which unpacks it. */
function packed(reference: AzureSecret): DaskFleetError {
  const message = `${referenceText(reference)} is packed as PKCS #12, which machines read and the launcher does not. Set \`client\` to a certificate and key in PEM, or have Key Vault issue the certificate as PEM (content type application/x-pem-file).`;
  return new DaskFleetError("CONFIG_INVALID", message, { meaning: "configuration" });
}

async function get(reference: AzureSecret, path: string, signal: AbortSignal): Promise<Members> {
  const { hostname } = new URL(reference.vault);
  // `https://vault.azure.net` for `https://lab.vault.azure.net`.
  const token = await azureToken(reference, `https://${hostname.split(".").slice(1).join(".")}/.default`, signal);
  const { status, text } = await ask(
    {
      url: `${reference.vault}/secrets/${path}${path.includes("?") ? "" : `?api-version=${API_VERSION}`}`,
      headers: { authorization: `Bearer ${token}` },
    },
    signal,
  );
  const members = membersOf(text);
  if (status === 200) return members;
  const error = within(members, "error");
  const isDisabled = textIn(within(error, "innererror"), "code") === "SecretDisabled";
  throw refusal(reference, isDisabled ? "disabled" : refusedBy(status), textIn(error, "message"));
}
