import type * as z from "zod";

import type { ConfigTree } from "../../options/config-tree.ts";
import type { RunProgram } from "../cluster-file.ts";
import { textOf, unexpected } from "../nodes.ts";
import { adsCertificate } from "./certificate.ts";
import { infrastructure } from "./infrastructure.ts";
import { nameOf } from "./names.ts";
import { isOnOci } from "./oci.ts";
import { type AdsProvider, OwnTerms } from "./own-terms.ts";
import { adsProgram } from "./program.ts";
import { Reader } from "./reader.ts";
import { adsSecurity } from "./security.ts";
import { type StartOptions, startOptions } from "./start-options.ts";
import { adsVariables } from "./variables.ts";

/** An ADS document in our own terms. */
export interface ReadAds {
  /** Options of a cluster, as the top level of a cluster file in snake case. */
  readonly tree: ConfigTree;
  readonly run: RunProgram | undefined;
  readonly notes: readonly string[];
}

export interface AdsContext {
  readonly provider: AdsProvider;
  readonly schema: z.ZodObject;
  /** The document's folder. */
  readonly folder: string;
  readonly problems: string[];
}

const CLUSTER = ["spec", "cluster", "spec"];
/** An image of ADS has an entrypoint that runs a job of Data Science, and not its arguments. */
const OWN_COMMAND = ["--entrypoint="];
/** OCI's registry, into which a job of Data Science logs in by itself. */
const OCIR = /^([a-z0-9-]+\.ocir\.io|ocir\.[a-z0-9-]+\.oci\.oraclecloud\.com)\//;

/** Whether a file is a document of `ads opctl` for a cluster. */
export function isAds(tree: ConfigTree): boolean {
  const kind = tree.get("kind");
  return kind !== undefined && textOf(kind)?.toLowerCase() === "distributed";
}

/**
 * Reads a document of OCI's `ads opctl run`, kind `distributed`, for Dask. What has no meaning on the chosen provider becomes a note.
 * Faults are added to `problems`.
 */
export function adsDocument(document: ConfigTree, { provider, schema, folder, problems }: AdsContext): ReadAds {
  const reader = new Reader(document);
  const terms = new OwnTerms(provider, schema);
  kinds(reader, problems);
  infrastructure(reader, terms);
  machines(reader, terms);
  clusterName(reader, terms);
  const env = adsVariables(reader, terms, problems);
  roles(reader, terms, { folder, problems });
  const run = adsProgram({ reader, terms, folder, env, problems });
  if (run !== undefined && isOnOci(provider)) terms.notes.push(staysAfter(terms));
  return { tree: terms.tree, run, notes: [...terms.notes, ...reader.rest()] };
}

/** A job of Data Science ends with its program. */
function staysAfter({ tree }: OwnTerms): string {
  const name = tree.get("name");
  const down = `dask-fleet down ${name === undefined ? "NAME" : (textOf(name) ?? "NAME")}`;
  return `The cluster stays when the entryPoint has ended, and OCI charges for its machines until \`${down}\`, also once they are idle and have powered off.`;
}

function kinds(reader: Reader, problems: string[]): void {
  reader.node("kind");
  for (const part of [[], ["spec", "infrastructure"], ["spec", "cluster"], ["spec", "runtime"]]) {
    reader.node(...part, "apiVersion");
  }
  reader.node("spec", "infrastructure", "kind");
  reader.node("spec", "infrastructure", "type");
  const kind = reader.node("spec", "cluster", "kind");
  if (kind !== undefined && textOf(kind)?.toLowerCase() === "dask") return;
  problems.push(
    kind === undefined
      ? "The document has no spec.cluster.kind: expected dask"
      : unexpected("spec.cluster.kind", "dask", kind),
  );
}

function machines(reader: Reader, terms: OwnTerms): void {
  const images = [[], ["main"], ["worker"]].map((part) => reader.node(...CLUSTER, ...part, "image"));
  const image = images.find((node) => node !== undefined);
  terms.take("dockerImage", "image", image);
  if (image !== undefined && terms.has("dockerArgs")) terms.set("dockerArgs", image, OWN_COMMAND);
  const [, registry] = OCIR.exec((image && textOf(image)) ?? "") ?? [];
  if (registry !== undefined && terms.has("registries")) {
    terms.notes.push(
      `The machines log in to ${registry} only with a login in registries: a private image cannot be pulled without.`,
    );
  }
  const work = reader.text(...CLUSTER, "workDir");
  if (work !== undefined) terms.notes.push(`workDir ${work} is not used: dask-fleet needs no bucket.`);
  for (const name of ["ps", "ephemeral"]) {
    if (reader.node(...CLUSTER, name) !== undefined) terms.notes.push(`${name} is not Dask's: it is left out.`);
  }
  const schedulers = reader.text(...CLUSTER, "main", "replicas") ?? "1";
  if (schedulers !== "1")
    terms.notes.push(`main.replicas ${schedulers} is ignored, as in ADS: a cluster has one scheduler.`);
  const workers = reader.node(...CLUSTER, "worker", "replicas");
  if (workers === undefined) terms.set("nWorkers", reader.peek("spec"), 1);
  else terms.take("nWorkers", "replicas", workers);
}

/** The job's name in OCI, as ADS gives it. */
function clusterName(reader: Reader, terms: OwnTerms): void {
  const display = reader.node("spec", "infrastructure", "spec", "displayName");
  const node = reader.node(...CLUSTER, "name") ?? display;
  if (node === undefined) return;
  const title = textOf(node) ?? "";
  const name = nameOf(title);
  if (display !== undefined && node !== display)
    terms.notes.push(`displayName ${textOf(display) ?? ""} is not used: the cluster's name is.`);
  if (name === undefined) {
    terms.notes.push(`The name "${title}" has no letters for a cluster's name: it gets a new one.`);
    return;
  }
  terms.set("name", node, name);
  if (name !== title) terms.notes.push(`The cluster's name is ${name}: "${title}" is no valid one.`);
}

function roles(reader: Reader, terms: OwnTerms, { folder, problems }: Pick<AdsContext, "folder" | "problems">): void {
  const common = reader.node(...CLUSTER, "config", "startOptions");
  const of = (role: "main" | "worker"): StartOptions => {
    const node = reader.node(...CLUSTER, role, "config", "startOptions") ?? common;
    const read = startOptions(node, problems);
    const { options, notes } = read;
    const option = role === "main" ? "schedulerOptions" : "workerOptions";
    if (Object.keys(options).length > 0) terms.set(option, node, options);
    terms.notes.push(...notes);
    return read;
  };
  const [main, worker] = [of("main").tls, of("worker").tls];
  const certificate = adsCertificate(reader);
  const security = adsSecurity({ reader, terms, folder, problems, main, worker, certificate });
  const where = certificate?.node ?? reader.peek(...CLUSTER, "main", "config", "startOptions") ?? reader.peek("spec");
  if (security !== undefined) terms.set("security", where, security);
}
