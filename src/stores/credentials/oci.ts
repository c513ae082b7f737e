import type * as Sdk from "oci-common";

import { assertKeyOpens } from "../../cloud/api/key-opens.ts";
import { sdkFailure } from "../../cloud/errors/sdk-failure.ts";
import { messageOf } from "../../errors.ts";
import { regionOfOcid } from "../../security/references/read-oci.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { OciAuthority, OciCertificate, OciSecret } from "../../security/references/secret-reference.ts";
import { unlessAborted } from "../../wait.ts";
import { noCredentials } from "../refusals.ts";

type Reference = OciCertificate | OciAuthority | OciSecret;

export interface OciAccess {
  /** What stands behind a service's name in its hosts: `eu-frankfurt-1.oci.oraclecloud.com`. */
  readonly place: string;
  /** The headers of a GET, with a signature. */
  readonly headersFor: (url: string) => Promise<Readonly<Record<string, string>>>;
}

/**
 * Who signs on this computer, in the order of OCI's own tools: the principal that `OCI_CLI_AUTH` names, the resource principal of a
 * notebook or job, the profile of `~/.oci/config` that `OCI_CLI_PROFILE` names.
 */
export async function ociAccess(reference: Reference, signal: AbortSignal): Promise<OciAccess> {
  const sdk = await load(reference);
  const [signer, place] = await asCredentials(reference, signal, async () => {
    const provider = await providerOf(sdk);
    return [new sdk.DefaultRequestSigner(provider), placeOf(reference.ocid, provider, sdk)] as const;
  });
  return {
    place,
    headersFor: async (url) => {
      const headers = new Headers();
      await asCredentials(reference, signal, () => signer.signHttpRequest({ uri: url, method: "GET", headers }));
      return Object.fromEntries(headers);
    },
  };
}

async function providerOf(sdk: typeof Sdk): Promise<Sdk.AuthenticationDetailsProvider & Sdk.RegionProvider> {
  const method = given("OCI_CLI_AUTH");
  if (method === "instance_principal") {
    return await new sdk.InstancePrincipalsAuthenticationDetailsProviderBuilder().build();
  }
  const isNotebook = method === undefined && given("OCI_RESOURCE_PRINCIPAL_VERSION") !== undefined;
  if (method === "resource_principal" || isNotebook) {
    return sdk.ResourcePrincipalAuthenticationDetailsProvider.builder();
  }
  const file = given("OCI_CLI_CONFIG_FILE") ?? given("OCI_CONFIG_FILE");
  const profile = given("OCI_CLI_PROFILE");
  const provider = new sdk.ConfigFileAuthenticationDetailsProvider(file, profile);
  assertKeyOpens(provider.getPrivateKey(), provider.getPassphrase());
  // It signs as a user, also where the profile is a session's.
  return provider.sessionToken === undefined ? provider : new sdk.SessionAuthDetailProvider(file, profile);
}

/** The region that an OCID names, as it is or by its code, or else this computer's, in the domain of the OCID's realm. */
function placeOf(ocid: string, signer: Sdk.RegionProvider, { Region }: typeof Sdk): string {
  const named = regionOfOcid(ocid) ?? given("OCI_CLI_REGION") ?? signer.getRegion().regionId;
  const all = Region.values();
  const region = all.find(({ regionCode }) => regionCode === named)?.regionId ?? named;
  const [, , ofOcid] = ocid.split(".");
  const { realm } = all.find((each) => each.realm.realmId === ofOcid) ?? Region.US_ASHBURN_1;
  return `${region}.oci.${realm.secondLevelDomain}`;
}

async function asCredentials<T>(reference: Reference, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await unlessAborted(signal, work());
  } catch (cause) {
    signal.throwIfAborted();
    throw noCredentials(reference, `${messageOf(cause)} (set up ~/.oci/config with \`oci setup config\`)`, cause);
  }
}

function given(name: string): string | undefined {
  const value = process.env[name]?.trim() ?? "";
  return value === "" ? undefined : value;
}

async function load(reference: Reference): Promise<typeof Sdk> {
  try {
    return await import("oci-common");
  } catch (cause) {
    throw sdkFailure(`The secret ${referenceText(reference)}`, "oci-common", cause);
  }
}
