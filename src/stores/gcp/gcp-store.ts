import type { Observation } from "../../provider/checkup.ts";
import type { GcpSecret } from "../../security/references/secret-reference.ts";
import { gcpToken } from "../credentials/gcp.ts";
import { ask } from "../http/ask.ts";
import { membersOf, textIn, within } from "../http/json.ts";
import { notUnderstood, refusal, refusedBy } from "../refusals.ts";
import type { SecretStore } from "../secret-store.ts";

export const gcpSecrets: SecretStore<GcpSecret> = {
  async read(reference, _use, signal) {
    const answer = await get(reference, `${reference.name}:access`, signal);
    const data = textIn(within(answer, "payload"), "data");
    if (data === undefined) throw notUnderstood(reference);
    return Buffer.from(data, "base64").toString();
  },
  async look(reference, signal): Promise<Observation> {
    const state = textIn(await get(reference, reference.name, signal), "state");
    if (state === undefined) throw notUnderstood(reference);
    return state === "ENABLED" ? { state: "good", found: "enabled" } : { state: "bad", found: state.toLowerCase() };
  },
};

async function get(
  reference: GcpSecret,
  path: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const token = await gcpToken(reference, signal);
  const { status, text } = await ask(
    { url: `${endpoint()}/v1/${path}`, headers: { authorization: `Bearer ${token}` } },
    signal,
  );
  const members = membersOf(text);
  if (status === 200) return members;
  const error = within(members, "error");
  // A version that is disabled or destroyed.
  const refused = textIn(error, "status") === "FAILED_PRECONDITION" ? "disabled" : refusedBy(status);
  throw refusal(reference, refused, textIn(error, "message"));
}

/** gcloud's own variable leads elsewhere, as it leads gcloud. */
function endpoint(): string {
  const given = process.env["CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"] ?? "";
  return given === "" ? "https://secretmanager.googleapis.com" : given.replace(/\/+$/, "");
}
