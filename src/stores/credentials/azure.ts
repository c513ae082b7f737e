import type * as Sdk from "@azure/identity";

import { proxyAgent } from "../../cloud/api/proxy.ts";
import { sdkFailure } from "../../cloud/errors/sdk-failure.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { noCredentials } from "../refusals.ts";

/** A token of Azure's default credentials: environment, managed identity, `az login`. */
export async function azureToken(reference: SecretReference, scope: string, signal: AbortSignal): Promise<string> {
  const { DefaultAzureCredential } = await load(reference);
  const agent = await proxyAgent();
  try {
    const credential = new DefaultAzureCredential(agent === undefined ? {} : { agent });
    const { token } = await credential.getToken(scope, { abortSignal: signal });
    return token;
  } catch (cause) {
    signal.throwIfAborted();
    throw noCredentials(reference, "none of Azure's default credentials gives a token; sign in with `az login`", cause);
  } finally {
    agent?.destroy();
  }
}

async function load(reference: SecretReference): Promise<typeof Sdk> {
  try {
    return await import("@azure/identity");
  } catch (cause) {
    throw sdkFailure(`The secret ${referenceText(reference)}`, "@azure/identity", cause);
  }
}
