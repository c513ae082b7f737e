import { readAwsParameter, readAwsSecret } from "./read-aws.ts";
import { readAzure } from "./read-azure.ts";
import { readOci } from "./read-oci.ts";
import { readVault } from "./read-vault.ts";
import type { SecretReference } from "./secret-reference.ts";
import type { Store } from "./stores.ts";
import type { Tail } from "./tail.ts";

interface Reader {
  /** What may stand behind the name. */
  readonly known: { readonly field: boolean; readonly parameters: readonly string[] };
  /** The reference, or what is wrong with it. */
  readonly read: (body: string, tail: Tail) => SecretReference | string;
}

const AWS = { field: true, parameters: ["region", "version"] };
const NO_TAIL = { field: false, parameters: [] };

export const READERS: Readonly<Record<Store, Reader>> = {
  "aws-sm": { known: AWS, read: readAwsSecret },
  "aws-ssm": { known: AWS, read: readAwsParameter },
  "gcp-sm": { known: { field: true, parameters: [] }, read: readGcp },
  "azure-kv": { known: { field: true, parameters: [] }, read: readAzure },
  "oci-cert": { known: NO_TAIL, read: (ocid) => readOci("oci-cert", ocid) ?? { store: "oci-cert", ocid } },
  "oci-cert-authority": {
    known: NO_TAIL,
    read: (ocid) => readOci("oci-cert-authority", ocid) ?? { store: "oci-cert-authority", ocid },
  },
  "oci-vault": {
    known: { field: true, parameters: [] },
    read: (ocid, { field }) => readOci("oci-vault", ocid) ?? { store: "oci-vault", ocid, ...withField(field) },
  },
  vault: { known: { field: true, parameters: ["auth", "role", "mount", "namespace"] }, read: readVault },
};

/** A project's id or number; older ones begin with their domain. */
const PROJECT = String.raw`(?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|\d{1,20}`;
const GCP = new RegExp(String.raw`^projects/(?:${PROJECT})/secrets/[\w-]{1,255}(?:/versions/([\w-]{1,63}))?$`);

function readGcp(body: string, { field }: Tail): SecretReference | string {
  const match = GCP.exec(body);
  if (match === null) return "names no secret of a project";
  return { store: "gcp-sm", name: match[1] === undefined ? `${body}/versions/latest` : body, ...withField(field) };
}

function withField(field: string | undefined): { readonly field?: string } {
  return field === undefined ? {} : { field };
}
