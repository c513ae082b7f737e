import { ownTransport } from "./proxy.ts";
import type { Auth, SdkParts } from "./sdk-parts.ts";

/** The key of a service account, as Google's console hands it out. */
export interface KeyFile {
  readonly client_email: string;
  readonly private_key: string;
  readonly project_id?: unknown;
}

const SCOPES = ["https://www.googleapis.com/auth/compute"];

/** Credentials given as data. They sign each token themselves, so that no other server of Google's is asked. */
export async function authOf(
  { client_email: email, private_key: key, project_id: own }: KeyFile,
  parts: SdkParts,
  projectId?: string,
): Promise<Auth> {
  const { GoogleAuth, JWT } = parts;
  const transport = await ownTransport(parts);
  const authClient = Object.assign(new JWT({ email, key, scopes: SCOPES, ...transport }), {
    useJWTAccessWithScope: true,
  });
  const project = projectId ?? (typeof own === "string" ? own : undefined);
  return new GoogleAuth({ authClient, ...(project === undefined ? {} : { projectId: project }) });
}
