import type * as Sdk from "oci-common";

import { DaskFleetError, isError, messageOf } from "../../errors.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { unlessAborted } from "../../wait.ts";
import { noCredentials } from "../refusals.ts";

/**
 * The headers of a GET with the signature of this computer's user of OCI: `~/.oci/config`, with the profile that OCI_CLI_PROFILE names.
 */
export async function ociHeaders(
  reference: SecretReference,
  url: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const sdk = await load(reference);
  const headers = new Headers();
  try {
    const file = process.env["OCI_CLI_CONFIG_FILE"] ?? process.env["OCI_CONFIG_FILE"];
    const provider = new sdk.ConfigFileAuthenticationDetailsProvider(file, process.env["OCI_CLI_PROFILE"]);
    const request: Sdk.HttpRequest = { uri: url, method: "GET", headers };
    await unlessAborted(signal, new sdk.DefaultRequestSigner(provider).signHttpRequest(request));
  } catch (cause) {
    signal.throwIfAborted();
    throw noCredentials(reference, `${messageOf(cause)} (set up ~/.oci/config with \`oci setup config\`)`, cause);
  }
  return Object.fromEntries(headers);
}

async function load(reference: SecretReference): Promise<typeof Sdk> {
  try {
    return await import("oci-common");
  } catch (cause) {
    if (!isError(cause) || (cause as NodeJS.ErrnoException).code?.endsWith("MODULE_NOT_FOUND") !== true) throw cause;
    const message = `The secret ${referenceText(reference)} needs the package oci-common: npm install oci-common`;
    throw new DaskFleetError("SDK_MISSING", message, { cause });
  }
}
