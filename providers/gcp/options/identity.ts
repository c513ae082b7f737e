import type { StoreIdentity } from "../../../src/provider/secrets/store-identity.ts";

/** Who the machines and their tasks are for Google's APIs. */
export interface Identity {
  readonly serviceAccount: string | undefined;
  /** None without an account. */
  readonly instanceScopes: readonly string[];
}

export const STORAGE_READER = "https://www.googleapis.com/auth/devstorage.read_only";

/** What options say of it. */
export interface GivenIdentity {
  readonly serviceAccount?: string | undefined;
  readonly instanceScopes?: readonly string[] | undefined;
}

/** No service account unless one is asked for, and then with as little as is of use. */
export function identityOf({ serviceAccount, instanceScopes }: GivenIdentity): Identity {
  if (instanceScopes?.length === 0) return { serviceAccount: undefined, instanceScopes };
  const account = serviceAccount ?? (instanceScopes === undefined ? undefined : "default");
  return { serviceAccount: account, instanceScopes: instanceScopes ?? (account === undefined ? [] : [STORAGE_READER]) };
}

/** The identity of a group's machines, where the group says anything of it. */
export function groupIdentity({ serviceAccount, instanceScopes }: GivenIdentity, cluster: Identity): Partial<Identity> {
  if (serviceAccount === undefined && instanceScopes === undefined) return {};
  // A cluster without an account has no scopes: for an account of the group's own these say nothing.
  const ofCluster = cluster.instanceScopes.length === 0 ? undefined : cluster.instanceScopes;
  return identityOf({
    serviceAccount: serviceAccount ?? cluster.serviceAccount,
    instanceScopes: instanceScopes ?? ofCluster,
  });
}

/** The account in requests: none without scopes. */
export function accountOf({ serviceAccount, instanceScopes }: Identity): string | undefined {
  return instanceScopes.length === 0 ? undefined : serviceAccount;
}

const EVERY_API = "https://www.googleapis.com/auth/cloud-platform";

/** Who machines are to stores of secrets. Secret Manager takes tokens of no narrower scope. */
export function accountForStores(identity: Identity, isSecretManager: boolean): StoreIdentity {
  const account = accountOf(identity);
  if (account === undefined) {
    const scopes = isSecretManager ? `, and \`instanceScopes: ["${EVERY_API}"]\`` : "";
    return { lacks: `their machines have no service account. Set \`serviceAccount\`${scopes}` };
  }
  return isSecretManager && !identity.instanceScopes.includes(EVERY_API)
    ? { lacks: `the scopes of their service account do not suffice. Set \`instanceScopes: ["${EVERY_API}"]\`` }
    : { who: `service account ${account}` };
}
