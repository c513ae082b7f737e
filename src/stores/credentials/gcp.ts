import type { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";

import { sdkFailure } from "../../cloud/errors/sdk-failure.ts";
import { messageOf } from "../../errors.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { unlessAborted } from "../../wait.ts";
import { noCredentials } from "../refusals.ts";

/** A token of Google's application default credentials. The SDK's clients for Compute Engine ask for the scope of the whole platform. */
export async function gcpToken(reference: SecretReference, signal: AbortSignal): Promise<string> {
  const client = await open(reference);
  try {
    const token = await unlessAborted(signal, client.auth.getAccessToken());
    if (typeof token === "string" && token !== "") return token;
    throw new Error("no token was given");
  } catch (cause) {
    signal.throwIfAborted();
    throw noCredentials(
      reference,
      `${messageOf(cause)} (sign in with \`gcloud auth application-default login\`)`,
      cause,
    );
  } finally {
    void client.close();
  }
}

async function open(reference: SecretReference): Promise<InstancesClient> {
  try {
    const sdk = await import("@google-cloud/compute/build/src/v1/instances_client.js");
    return new sdk.InstancesClient();
  } catch (cause) {
    throw sdkFailure(`The secret ${referenceText(reference)}`, "@google-cloud/compute", cause);
  }
}
