import { gunzipSync } from "node:zlib";

import { ETC } from "../../../src/bootstrap/machine-file.ts";

/** User data of ours, as a judge of secrets looks at it. A character for each byte. */
export interface ToldMachine {
  readonly clusterName: string;
  readonly role: string;
  /** Whether the machine is to make its key itself, or fetch it. */
  readonly makesKey: boolean;
  readonly tokens: readonly string[];
  readonly text: string;
}

const TLS = new RegExp(`^-\\n path: ${ETC}/tls(?:-worker)?/[a-z]+\\.pem\\n`, "u");
const PACKED_PARAMETERS = new RegExp(
  `^-\\n path: ${ETC}/node\\.env\\n(?: (?!content)[a-z]+: .*\\n)*? encoding: gz\\+b64\\n content: "?([A-Za-z0-9+/=]+)`,
  "mu",
);
const TOKEN = /\/tls(?:-worker)?\/token\n[^]{0,60}?\bcontent: ["']?([0-9a-f]{64})\b/g;

/** Undefined for any text that is no user data of ours. */
export function toldMachine(text: string): ToldMachine | undefined {
  if (!isUserData(text)) return undefined;
  const parameters = parametersIn(text);
  return {
    clusterName: valueIn(parameters, "CLUSTER"),
    role: valueIn(parameters, "ROLE"),
    makesKey: valueIn(parameters, "JOIN") === "1" || valueIn(parameters, "FETCH") === "1",
    tokens: [...text.matchAll(TOKEN)].map(([, token = ""]) => token),
    text,
  };
}

export function isUserData(text: string): boolean {
  return text.startsWith("#cloud-config\n");
}

/** The files, each with its path, and what stands before them. Not by YAML, which takes long. */
export function entriesOf(text: string): readonly string[] {
  return text.split(/\n(?=-\n path: |runcmd:)/u);
}

/** Whether an entry is a file of the machine's TLS folders. */
export function isOfTls(entry: string): boolean {
  return TLS.test(entry);
}

/** In user data that is plain text, long files are packed one by one. */
function parametersIn(text: string): string {
  const packed = PACKED_PARAMETERS.exec(text)?.[1];
  return packed === undefined ? text : gunzipSync(Buffer.from(packed, "base64")).toString("latin1");
}

function valueIn(text: string, name: string): string {
  return new RegExp(`^ *DASK_FLEET_${name}='([^'\n]*)`, "mu").exec(text)?.[1] ?? "";
}
