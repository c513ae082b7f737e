import type { Observation } from "../../provider/checkup.ts";
import type { AzureSecret } from "../../security/references/secret-reference.ts";
import { azureToken } from "../credentials/azure.ts";
import { ask } from "../http/ask.ts";
import { membersOf, textIn, within } from "../http/json.ts";
import { notUnderstood, refusal, refusedBy } from "../refusals.ts";
import type { SecretStore } from "../secret-store.ts";

const API_VERSION = "7.4";

export const azureSecrets: SecretStore<AzureSecret> = {
  async read(reference, _use, signal) {
    const { name, version } = reference;
    const text = textIn(await get(reference, version === undefined ? name : `${name}/${version}`, signal), "value");
    if (text === undefined) throw notUnderstood(reference);
    return text;
  },
  /** Key Vault tells of a secret's attributes without its value only in the list of its versions. */
  async look(reference, signal): Promise<Observation> {
    const { value: versions } = await get(reference, `${reference.name}/versions`, signal);
    if (!Array.isArray(versions)) throw notUnderstood(reference);
    const known = versions as readonly Readonly<Record<string, unknown>>[];
    const { version } = reference;
    const wanted = version === undefined ? known : known.filter(({ id }) => String(id).endsWith(`/${version}`));
    if (wanted.length === 0) throw refusal(reference, "gone");
    const isEnabled = wanted.some((each) => within(each, "attributes")["enabled"] === true);
    return isEnabled ? { state: "good", found: "enabled" } : { state: "bad", found: "disabled" };
  },
};

async function get(
  reference: AzureSecret,
  path: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const { hostname } = new URL(reference.vault);
  // `https://vault.azure.net` for `https://lab.vault.azure.net`.
  const token = await azureToken(reference, `https://${hostname.split(".").slice(1).join(".")}/.default`, signal);
  const { status, text } = await ask(
    {
      url: `${reference.vault}/secrets/${path}?api-version=${API_VERSION}`,
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
