import type { Finding } from "../../index.ts";
import { PROVIDERS, providerRecorded, type LoadedProvider } from "../providers.ts";

/** A provider, and what was found. */
export interface Checkup {
  readonly provider: string;
  readonly findings: readonly Finding[];
}

/** The provider of this computer. It knows Python. */
const LOCAL = "local";
/** What LocalCluster finds of this computer that matters for clusters anywhere. */
const EVERYWHERE: ReadonlySet<string> = new Set(["state", "python", "versions"]);
/** What each provider finds of this computer. */
const HERE: ReadonlySet<string> = new Set(["state"]);
const SET_UP: ReadonlySet<string> = new Set(["sdk", "options", "place", "credentials"]);

/** Every provider, this computer's first. */
export async function allProviders(): Promise<readonly LoadedProvider[]> {
  const names = [...PROVIDERS.keys()].sort((a, b) => Number(b === LOCAL) - Number(a === LOCAL));
  const loaded = await Promise.all(names.map(providerRecorded));
  return loaded.filter((each) => each !== undefined);
}

export function isLocal({ facts }: LoadedProvider): boolean {
  return facts.command === LOCAL;
}

/** What was found of a provider, without what is said of this computer already. */
export async function* findingsAt(provider: LoadedProvider, options: object): AsyncGenerator<Finding, void> {
  const type = await provider.type();
  for await (const finding of type.doctor(options)) {
    const isSaid = !isLocal(provider) && HERE.has(finding.topic);
    if (!isSaid && !(finding.topic === "options" && finding.state === "good")) yield finding;
  }
}

/** What was found of this computer, for a cluster elsewhere. That runs without a Python here, too. */
export async function* findingsHere(): AsyncGenerator<Finding, void> {
  const local = await providerRecorded(LOCAL);
  if (local === undefined) return;
  for await (const finding of findingsAt(local, {})) {
    if (!EVERYWHERE.has(finding.topic)) continue;
    yield finding.topic === "python" && finding.state === "bad" ? { ...finding, state: "unknown" } : finding;
  }
}

/** Why nobody could use the provider from here: its SDK is not installed, it has no credentials … Undefined where somebody could. */
export function notSetUp(findings: readonly Finding[]): Finding | undefined {
  const credentials = findings.find(({ topic }) => topic === "credentials");
  const isLocalOne = findings.some(({ topic }) => topic === "python");
  if (isLocalOne || credentials?.state === "good") return undefined;
  return findings.find(({ topic, state }) => state === "bad" && SET_UP.has(topic));
}
