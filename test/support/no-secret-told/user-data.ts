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
const TOKEN = /\/tls(?:-worker)?\/token\n[^]{0,60}?\bcontent: ["']?([0-9a-f]{64})\b/g;

/** Undefined for any text that is no user data of ours. */
export function toldMachine(text: string): ToldMachine | undefined {
  if (!isUserData(text)) return undefined;
  return {
    clusterName: valueIn(text, "CLUSTER"),
    role: valueIn(text, "ROLE"),
    makesKey: valueIn(text, "JOIN") === "1" || valueIn(text, "FETCH") === "1",
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

function valueIn(text: string, name: string): string {
  return new RegExp(`^ *DASK_FLEET_${name}='([^'\n]*)`, "mu").exec(text)?.[1] ?? "";
}
