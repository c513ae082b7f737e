import { assertKeyOpens } from "../../../src/cloud/api/key-opens.ts";
import { Deadline } from "../../../src/deadline.ts";
import { messageOf } from "../../../src/errors.ts";
import { within } from "../../../src/wait.ts";
import { noCredentials } from "../errors/oci-error.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";
import type { AuthProvider, Sdk } from "./sdk.ts";
import { Session } from "./session.ts";

export type AuthOptions = Pick<ResolvedOciOptions, "auth" | "configFile" | "profile">;

/** Who signs. */
export interface Signer {
  readonly provider: AuthProvider;
  /** The profile's or the instance's region. */
  readonly region: string | undefined;
  /** The OCID of the tenancy, where the credentials tell it. */
  readonly tenancy: string | undefined;
  /** Where it was found, in words. */
  readonly from: string;
}

const METHODS: ReadonlySet<string> = new Set(["api_key", "security_token", "instance_principal", "resource_principal"]);
/** The metadata service answers at once or not at all. */
const METADATA_TIMEOUT_MS = 15_000;

/**
 * Finds who signs, in the order of OCI's own tools.
 *
 * @throws OciError where nobody does
 */
export async function findSigner(options: AuthOptions, sdk: Sdk): Promise<Signer> {
  const method = methodOf(options);
  switch (method) {
    case "instance_principal":
      return await instancePrincipal(sdk);
    case "resource_principal":
      return await resourcePrincipal(sdk);
    case "api_key":
    case "security_token":
    default:
      return profileOf(options, sdk);
  }
}

function methodOf({ auth, profile, configFile }: AuthOptions): string {
  if (auth !== undefined) return auth;
  if (profile !== undefined || configFile !== undefined) return "api_key";
  const ofTools = given("OCI_CLI_AUTH");
  if (ofTools !== undefined && METHODS.has(ofTools)) return ofTools;
  return given("OCI_RESOURCE_PRINCIPAL_VERSION") === undefined ? "api_key" : "resource_principal";
}

function profileOf({ configFile, profile }: AuthOptions, { common }: Sdk): Signer {
  const file = configFile ?? given("OCI_CLI_CONFIG_FILE") ?? given("OCI_CONFIG_FILE") ?? "~/.oci/config";
  const name = profile ?? given("OCI_CLI_PROFILE") ?? "DEFAULT";
  const from = `the profile ${name} of ${file}`;
  try {
    const profiled = new common.ConfigFileAuthenticationDetailsProvider(file, name);
    assertKeyOpens(profiled.getPrivateKey(), profiled.getPassphrase());
    // That of the SDK for profiles signs as a user, also where the profile is a session's.
    const provider =
      profiled.sessionToken === undefined
        ? profiled
        : new Session(() => new common.SessionAuthDetailProvider(file, name));
    return { provider, region: profiled.getRegion().regionId, tenancy: profiled.getTenantId(), from };
  } catch (error) {
    throw noCredentials(
      `No OCI credentials in ${from}: run "oci setup config" or "oci session authenticate", or set \`auth\`, \`configFile\` or \`profile\`.`,
      messageOf(error),
    );
  }
}

async function instancePrincipal({ common }: Sdk): Promise<Signer> {
  const from = "the instance principal";
  try {
    const builder = new common.InstancePrincipalsAuthenticationDetailsProviderBuilder();
    const provider = await within("the metadata service", new Deadline(METADATA_TIMEOUT_MS), () => builder.build());
    return { provider, region: provider.getRegion().regionId, tenancy: await tenancyOf(provider), from };
  } catch (error) {
    throw noCredentials(
      "This computer has no OCI instance principal: it must be an OCI instance, in a dynamic group that a policy allows what dask-fleet does.",
      messageOf(error),
    );
  }
}

async function resourcePrincipal({ common }: Sdk): Promise<Signer> {
  const from = "the resource principal";
  try {
    const provider = common.ResourcePrincipalAuthenticationDetailsProvider.builder();
    return { provider, region: provider.getRegion().regionId, tenancy: await tenancyOf(provider), from };
  } catch (error) {
    throw noCredentials(
      "This environment has no OCI resource principal: the variables OCI_RESOURCE_PRINCIPAL_… are missing or wrong.",
      messageOf(error),
    );
  }
}

/** A principal's key id is `ST$` and a token that names its tenancy. */
async function tenancyOf(provider: AuthProvider): Promise<string | undefined> {
  const [, claims = ""] = (await provider.getKeyId()).split(".");
  try {
    const said = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as Readonly<Record<string, unknown>>;
    const tenancy = said["res_tenant"] ?? said["tenant"];
    return typeof tenancy === "string" ? tenancy : undefined;
  } catch {
    return undefined;
  }
}

/** A variable that is set, and not empty. */
export function given(name: string): string | undefined {
  const value = process.env[name]?.trim() ?? "";
  return value === "" ? undefined : value;
}
