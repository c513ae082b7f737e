import { existsSync } from "node:fs";
import { resolve } from "node:path";

import type * as z from "zod";

import { type ConfigNode, type ConfigTree, leavesOf } from "../../options/config-tree.ts";
import { kebabCase, snakeCase } from "../../options/option-names.ts";
import { isPlainObject } from "../../plain-object.ts";
import type { ProviderFacts } from "../../provider/manifest.ts";
import type { RunProgram } from "../cluster-file.ts";
import { placeOf, textOf, textsOf, unexpected } from "../nodes.ts";
import { jobOf } from "../run-program.ts";
import { nameOf } from "./names.ts";
import { Reader } from "./reader.ts";
import { type StartOptions, startOptions } from "./start-options.ts";
import { tlsFiles } from "./tls-files.ts";

/** An ADS document in our own terms. */
export interface ReadAds {
  /** Options of a cluster, as the top level of a cluster file in snake case. */
  readonly tree: ConfigTree;
  readonly run: RunProgram | undefined;
  readonly notes: readonly string[];
}

export interface AdsContext {
  readonly provider: ProviderFacts & { readonly isCloud: boolean };
  readonly schema: z.ZodObject;
  /** The document's folder. */
  readonly folder: string;
  readonly problems: string[];
}

const INFRASTRUCTURE = ["spec", "infrastructure", "spec"];
const CLUSTER = ["spec", "cluster", "spec"];
const RUNTIME = ["spec", "runtime", "spec"];

/** Whether a file is a document of `ads opctl` for a cluster. */
export function isAds(tree: ConfigTree): boolean {
  const kind = tree.get("kind");
  return kind !== undefined && textOf(kind)?.toLowerCase() === "distributed";
}

/**
 * Reads a document of OCI's `ads opctl run`, kind `distributed`, for Dask. What has no meaning on the chosen provider becomes a note.
 * Faults are added to `problems`.
 */
export function adsDocument(document: ConfigTree, context: AdsContext): ReadAds {
  return new AdsDocument(new Reader(document), context).read();
}

class AdsDocument {
  readonly #reader: Reader;
  readonly #context: AdsContext;
  readonly #tree: ConfigTree = new Map();
  readonly #notes: string[] = [];

  constructor(reader: Reader, context: AdsContext) {
    this.#reader = reader;
    this.#context = context;
  }

  read(): ReadAds {
    this.#kinds();
    this.#infrastructure();
    this.#machines();
    const env = this.#environment();
    this.#roles();
    const run = this.#runtime(env);
    return { tree: this.#tree, run, notes: [...this.#notes, ...this.#reader.rest()] };
  }

  #kinds(): void {
    this.#reader.node("kind");
    for (const part of [[], ["spec", "infrastructure"], ["spec", "cluster"], ["spec", "runtime"]]) {
      this.#reader.node(...part, "apiVersion");
    }
    this.#reader.node("spec", "infrastructure", "kind");
    this.#reader.node("spec", "infrastructure", "type");
    const kind = this.#reader.node("spec", "cluster", "kind");
    if (kind !== undefined && textOf(kind)?.toLowerCase() === "dask") return;
    this.#context.problems.push(
      kind === undefined
        ? "The document has no spec.cluster.kind: expected dask"
        : unexpected("spec.cluster.kind", "dask", kind),
    );
  }

  /** Where OCI would run it. */
  #infrastructure(): void {
    const { title } = this.#context.provider;
    const say = (name: string, what: (value: string) => string): void => {
      const value = this.#reader.text(...INFRASTRUCTURE, name);
      if (value !== undefined) this.#notes.push(`${name} ${what(value)}`);
    };
    for (const name of ["projectId", "compartmentId", "subnetId"]) {
      say(name, () => `is a place in OCI: ${title} has its own options.`);
    }
    for (const name of ["logGroupId", "logId"])
      say(name, () => "is a log in OCI: dask-fleet reads the cluster's logs itself.");
    say("displayName", () => "names OCI's job: here there is only the cluster's name.");
    say("shapeName", (shape) => {
      const type = this.#has("instanceType") ? `set instance-type, or ${title}'s default is used` : `${title} has none`;
      return `${shape} is a shape of OCI: ${type}.`;
    });
    this.#either("diskSize", [...INFRASTRUCTURE, "blockStorageSize"]);
  }

  #machines(): void {
    this.#either("dockerImage", [...CLUSTER, "image"]);
    const work = this.#reader.text(...CLUSTER, "workDir");
    if (work !== undefined) this.#notes.push(`workDir ${work} is not used: dask-fleet needs no bucket.`);
    for (const name of ["ps", "ephemeral"]) {
      if (this.#reader.node(...CLUSTER, name) !== undefined) this.#notes.push(`${name} is not Dask's: it is left out.`);
    }
    const node = this.#reader.node(...CLUSTER, "name");
    if (node === undefined) return;
    const title = textOf(node) ?? "";
    const name = nameOf(title);
    if (name === undefined)
      this.#notes.push(`The name "${title}" has no letters for a cluster's name: it gets a new one.`);
    else {
      this.#set("name", node, name);
      if (name !== title) this.#notes.push(`The cluster's name is ${name}: "${title}" is no valid one.`);
    }
  }

  /** The program's variables, which ADS gives to every machine. */
  #environment(): Readonly<Record<string, string>> {
    const runtime = this.#variables([...RUNTIME, "env"]);
    const roles = ["main", "worker"].map((role) => this.#variables([...CLUSTER, role, "config", "env"]));
    const all = Object.assign({}, ...roles, runtime) as Record<string, string>;
    if (roles.some((each) => Object.keys(each).length > 0)) {
      this.#notes.push("The variables of main and worker are set on all machines: a cluster has one set.");
    }
    const node = this.#reader.peek(...RUNTIME, "env") ?? this.#reader.peek("spec");
    if (Object.keys(all).length > 0 && node !== undefined) this.#set("env_vars", node, all);
    return runtime;
  }

  #roles(): void {
    const main = this.#startOptions("main");
    const worker = this.#startOptions("worker");
    const located = this.#certificates();
    const { security, notes } = tlsFiles(
      { ...located, ...main.tls },
      { ...located, ...worker.tls },
      {
        isCloud: this.#context.provider.isCloud,
        downloads: located !== undefined,
      },
    );
    this.#notes.push(...notes);
    const where = this.#reader.peek(...CLUSTER, "main", "config", "startOptions") ?? this.#reader.peek("spec");
    if (security !== undefined && where !== undefined) this.#set("security", where, security);
    for (const [option, role, { options }] of [
      ["scheduler_options", "main", main],
      ["worker_options", "worker", worker],
    ] as const) {
      const node = this.#reader.node(...CLUSTER, role, "config", "startOptions");
      if (node !== undefined && Object.keys(options).length > 0) this.#set(option, node, options);
    }
    const schedulers = this.#reader.text(...CLUSTER, "main", "replicas") ?? "1";
    if (schedulers !== "1")
      this.#notes.push(`main.replicas ${schedulers} is ignored, as in ADS: a cluster has one scheduler.`);
    const workers = this.#reader.node(...CLUSTER, "worker", "replicas");
    const spec = this.#reader.peek("spec");
    if (workers !== undefined) this.#tree.set("n_workers", workers);
    else if (spec !== undefined) this.#set("n_workers", spec, 1);
  }

  #startOptions(role: "main" | "worker"): StartOptions {
    return startOptions(this.#reader.node(...CLUSTER, role, "config", "startOptions"), this.#context.problems);
  }

  /** Certificates by OCID, which OCI's machines download. Their locations, if there are any. */
  #certificates(): StartOptions["tls"] | undefined {
    const at = (...path: readonly string[]): string | undefined =>
      this.#reader.text(...CLUSTER, "certificate", ...path);
    for (const part of ["caCert", "cert"]) {
      const id = at(part, "id");
      if (id !== undefined)
        this.#notes.push(
          `The ${part} ${id} is in OCI's Certificates service: ${this.#context.provider.title} cannot download it.`,
        );
    }
    const ca = at("caCert", "downloadLocation");
    const cert = at("cert", "certDownloadLocation");
    const key = at("cert", "keyDownloadLocation");
    return ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key };
  }

  #runtime(env: Readonly<Record<string, string>>): RunProgram | undefined {
    const { problems, provider, folder } = this.#context;
    const kind = this.#reader.text("spec", "runtime", "kind");
    if (kind !== undefined && kind.toLowerCase() !== "python") {
      this.#notes.push(`The runtime ${kind} is not known here: its entryPoint is run with Python.`);
    }
    const type = this.#reader.text("spec", "runtime", "type") ?? this.#reader.text(...RUNTIME, "type");
    if (type !== undefined && ["git", "remote"].includes(type.toLowerCase())) {
      const uri = this.#reader.text(...RUNTIME, "uri");
      const about = ["branch", "commit", "gitSecretId", "codeDir"].filter(
        (name) => this.#reader.node(...RUNTIME, name) !== undefined,
      );
      const also = about.length === 0 ? "" : ` (${about.join(", ")})`;
      this.#notes.push(
        `The code at ${uri ?? "the runtime's uri"}${also} is not fetched: clone it, and put this document beside the entryPoint.`,
      );
    }
    const entry = this.#reader.text(...RUNTIME, "entryPoint");
    const argsNode = this.#reader.node(...RUNTIME, "args");
    const args = argsNode === undefined ? [] : textsOf(argsNode);
    if (argsNode !== undefined && args === undefined) problems.push(unexpected("args", "a list of texts", argsNode));
    if (entry === undefined) return undefined;
    const words: RunProgram["command"] = ["python", entry, ...(args ?? [])];
    if (!existsSync(resolve(folder, entry))) {
      this.#notes.push(`The entryPoint ${entry} is not beside the document: put it into ${folder}.`);
    }
    // ADS runs it on the main node, in the image.
    const job = provider.isCloud ? jobOf(words) : undefined;
    return { command: words, env, where: job === undefined ? "here" : "cluster", cwd: folder, job };
  }

  /** `[{ name, value }]`; values may be numbers. */
  #variables(path: readonly string[]): Readonly<Record<string, string>> {
    const node = this.#reader.node(...path);
    if (node === undefined) return {};
    const list = "children" in node ? undefined : node.readings[1];
    const pairs = Array.isArray(list) ? (list as readonly unknown[]) : [undefined];
    return Object.fromEntries(
      pairs.flatMap((pair) => {
        const { name, value } = isPlainObject(pair) ? pair : {};
        if (typeof name === "string" && ["string", "number", "boolean"].includes(typeof value))
          return [[name, String(value)]];
        this.#context.problems.push(`Expected env to be a list of { name, value }${placeOf(node)}`);
        return [];
      }),
    );
  }

  /** An option of the provider's, or a note that it has none. */
  #either(option: string, path: readonly string[]): void {
    const node = this.#reader.node(...path);
    if (node === undefined) return;
    const name = path.at(-1) ?? "";
    if (this.#has(option)) this.#tree.set(snakeCase(option), node);
    else
      this.#notes.push(
        `${name} ${textOf(node) ?? ""} is not used: ${this.#context.provider.title} has no ${kebabCase(option)}.`,
      );
  }

  #has(option: string): boolean {
    return Object.hasOwn(this.#context.schema.shape, option);
  }

  #set(name: string, node: ConfigNode, value: unknown): void {
    const source = node.source ?? leavesOf(node)[0]?.source ?? { kind: "default" };
    this.#tree.set(name, { readings: [value], source });
  }
}
