import type { Agent } from "node:http";
import { join } from "node:path";

import { isError, rawMessageOf } from "../../../src/errors.ts";
import { readBoundedFile } from "../../../src/files/bounded-file.ts";
import { homeDirectory } from "../../../src/files/home.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { boundPolicy } from "./call-context.ts";
import type { AzureCredential } from "./credential.ts";
import { loadIdentity } from "./sdk.ts";

interface Cloud {
  /** Base URL of its Resource Manager. */
  readonly endpoint: string;
  /** Who gives tokens. Undefined: whom AZURE_AUTHORITY_HOST names. */
  readonly authority: string | undefined;
  /** What tokens are for. */
  readonly audience: string;
}

/** Azure's own clouds; the first is the default. */
/** Azure's command line keeps one entry per subscription there, of some 500 bytes. */
const LARGEST_PROFILE = 16 * 1024 * 1024;

const CLOUDS: readonly Cloud[] = [
  {
    endpoint: "https://management.azure.com",
    authority: "https://login.microsoftonline.com",
    audience: "https://management.azure.com",
  },
  {
    endpoint: "https://management.usgovcloudapi.net",
    authority: "https://login.microsoftonline.us",
    audience: "https://management.usgovcloudapi.net",
  },
  {
    endpoint: "https://management.chinacloudapi.cn",
    authority: "https://login.chinacloudapi.cn",
    audience: "https://management.chinacloudapi.cn",
  },
];

/** The cloud at an endpoint: one of Azure's own, or another that speaks its language, such as Azure Stack. */
export function cloudAt(endpoint: string | undefined, audience: string | undefined): Cloud {
  const base = endpoint?.replace(/\/+$/, "");
  const known = CLOUDS.find((cloud) => cloud.endpoint === (base ?? CLOUDS[0]?.endpoint));
  const cloud = known ?? { endpoint: base ?? "", authority: undefined, audience: base ?? "" };
  return audience === undefined ? cloud : { ...cloud, audience: audience.replace(/\/+$/, "") };
}

/** What the SDK asks for to get a token. */
export function scopeOf({ audience }: Cloud): string {
  return audience.endsWith("/.default") ? audience : `${audience}/.default`;
}

/** Where Azure's own tools would find credentials. Nothing is asked of anybody yet. */
export async function defaultCredential({ authority }: Cloud, agent: Agent | undefined): Promise<AzureCredential> {
  const { DefaultAzureCredential } = await loadIdentity();
  const authorityHost = environment("AZURE_AUTHORITY_HOST") ?? authority;
  // Microsoft knows nothing of another's authority.
  const isForeign = !CLOUDS.some((cloud) => cloud.authority === authorityHost?.replace(/\/+$/, ""));
  return new DefaultAzureCredential({
    ...(authorityHost === undefined ? {} : { authorityHost }),
    ...(isForeign ? { disableInstanceDiscovery: true } : {}),
    ...(agent === undefined ? {} : { agent }),
    additionalPolicies: [{ policy: boundPolicy, position: "perRetry" }],
  });
}

/** AZURE_SUBSCRIPTION_ID, or the default subscription of the Azure command line. */
export function subscriptionOfTools(): string | undefined {
  const given = environment("AZURE_SUBSCRIPTION_ID");
  if (given !== undefined) return given;
  const home = homeDirectory();
  const folder = environment("AZURE_CONFIG_DIR") ?? (home === undefined ? undefined : join(home, ".azure"));
  if (folder === undefined) return undefined;
  try {
    const text = readBoundedFile(join(folder, "azureProfile.json"), LARGEST_PROFILE).toString();
    const { subscriptions } = JSON.parse(text.replace(/^\uFEFF/, "")) as { subscriptions?: unknown };
    if (!Array.isArray(subscriptions)) return undefined;
    const chosen = (subscriptions as { isDefault?: unknown; id?: unknown }[]).find(
      ({ isDefault }) => isDefault === true,
    );
    return typeof chosen?.id === "string" ? chosen.id : undefined;
  } catch {
    // There is no such command line here, or nobody is signed in.
    return undefined;
  }
}

/** @throws DaskFleetError `CONFIG_INVALID` */
export function assertCredential(credential: unknown): asserts credential is AzureCredential {
  const { getToken } = (typeof credential === "object" && credential !== null ? credential : {}) as {
    getToken?: unknown;
  };
  if (typeof getToken === "function") return;
  throw invalid(
    "Expected the `credential` option to be one of @azure/identity, or another object with a getToken method.",
  );
}

/** The user's own credential, whose failures cannot be taken for Azure's. Those of `@azure/identity` have names by themselves. */
export function tellingWhy(credential: AzureCredential): AzureCredential {
  return {
    getToken: async (scopes, options) => {
      try {
        const token = await credential.getToken(scopes, options);
        if (token !== null) return token;
      } catch (error) {
        if (isOfIdentity(error)) throw error;
        throw Object.assign(new Error(rawMessageOf(error)), { name: "CredentialFailure" });
      }
      throw Object.assign(new Error("getToken has given none"), { name: "CredentialFailure" });
    },
  };
}

function isOfIdentity(error: unknown): boolean {
  return isError(error) && /Credential|Authentication|^AbortError$/.test(error.name);
}

function environment(name: string): string | undefined {
  const value = process.env[name]?.trim();
  return value === "" ? undefined : value;
}
