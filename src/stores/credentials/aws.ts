import type * as Sdk from "@aws-sdk/client-ec2";

import { proxyAgent } from "../../cloud/api/proxy.ts";
import { sdkFailure } from "../../cloud/errors/sdk-failure.ts";
import { messageOf } from "../../errors.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { unlessAborted } from "../../wait.ts";
import type { AwsCredentials } from "../aws/sign.ts";
import { noCredentials } from "../refusals.ts";

export interface AwsAccess {
  readonly credentials: AwsCredentials;
  /** The region of the environment or the profile; undefined where nothing names one. */
  readonly region: string | undefined;
}

/**
 * What AWS' own chain of credentials finds on this computer: environment, profile, single sign-on, an instance's role. It is that of
 * the SDK for EC2; nothing is sent to EC2.
 */
export async function awsAccess(reference: SecretReference, signal: AbortSignal): Promise<AwsAccess> {
  const sdk = await load(reference);
  const agent = await proxyAgent();
  const handler = agent === undefined ? {} : { requestHandler: { httpAgent: agent, httpsAgent: agent } };
  // Single sign-on's own clients take nothing from this one.
  const config: Sdk.EC2ClientConfig & { readonly clientConfig: object } = { ...handler, clientConfig: handler };
  const ec2 = new sdk.EC2(config);
  try {
    const [credentials, region] = await unlessAborted(
      signal,
      Promise.all([ec2.config.credentials(), ec2.config.region().catch(() => undefined)]),
    );
    return { credentials, region };
  } catch (cause) {
    signal.throwIfAborted();
    throw noCredentials(
      reference,
      `${messageOf(cause)} (set AWS_PROFILE, or sign in with \`aws configure\` or \`aws sso login\`)`,
      cause,
    );
  } finally {
    ec2.destroy();
  }
}

async function load(reference: SecretReference): Promise<typeof Sdk> {
  try {
    return await import("@aws-sdk/client-ec2");
  } catch (cause) {
    throw sdkFailure(`The secret ${referenceText(reference)}`, "@aws-sdk/client-ec2", cause);
  }
}
