import { ownFile } from "../../../src/files/own-file.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { OciApi } from "../api/client.ts";
import { OciError } from "../errors/oci-error.ts";
import { listInstances } from "../machines/machines.ts";
import { privateAddresses } from "../network/addresses.ts";
import { findGroups } from "../network/firewall.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";

type Try = (api: OciApi, signal: AbortSignal) => Promise<unknown>;

/** What a cluster reads while it runs. */
const READ: Readonly<Record<string, Try>> = {
  "read instances": (api, signal) => listInstances(api, undefined, signal),
  "read VNICs and addresses": privateAddresses,
  "read network security groups": (api, signal) => findGroups(api, undefined, signal),
};
const WRITE = "managing instances and network security groups cannot be tried without an effect";

/** OCI tells nobody what a policy allows: reading is tried. */
export async function permissions(
  api: OciApi,
  _options: ResolvedOciOptions,
  signal: AbortSignal,
): Promise<Observation> {
  const answers = await Promise.all(
    Object.entries(READ).map(async ([what, attempt]) => ({
      what,
      refusal: await refusalOf(() => attempt(api, signal)),
    })),
  );
  const policy = ownFile("docs/providers/oci.md");
  const missing = answers.filter(({ refusal }) => refusal !== undefined).map(({ what }) => what);
  if (missing.length > 0) {
    const remedy = `Have an administrator put the policy in ${policy} in force for the compartment ${api.compartmentId}.`;
    return { state: "bad", found: `refused: ${missing.join(", ")}`, remedy };
  }
  return {
    state: "unknown",
    found: `allowed: ${answers.map(({ what }) => what).join(", ")}; ${WRITE}`,
    remedy: `Compare the policy of these credentials with the one in ${policy}.`,
  };
}

async function refusalOf(attempt: () => Promise<unknown>): Promise<OciError | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof OciError && error.meaning === "permission") return error;
    throw error;
  }
}
