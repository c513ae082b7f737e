import { createHash } from "node:crypto";

import type { WireRequest } from "@dask-fleet/simulated-clouds";

import { readings } from "./expand.ts";
import { piecesOf } from "./pieces.ts";
import { privateKeyIn } from "./private-key.ts";
import { type ToldMachine, entriesOf, isOfTls, isUserData, toldMachine } from "./user-data.ts";

export interface JudgeOptions {
  /** Whether user data of a cluster whose machines are given their keys may hold these, and only in their TLS folders. */
  readonly mayCarryKeys: (clusterName: string) => boolean;
}

/**
 * Looks at all that clouds are sent for what no cloud may learn: private keys in any encoding, values that a test calls secret, and the
 * token of another role. What it hears it keeps until it is asked, so that it slows no test down.
 */
export class SecretJudge {
  readonly #options: JudgeOptions;
  readonly #secrets = new Map<string, string>();
  /** Whose tokens these are. */
  readonly #tokens = new Map<string, string>();
  /** By digest: most requests are sent many times. */
  readonly #heard = new Map<string, { readonly bytes: Buffer; readonly where: string }>();
  readonly #findings = new Set<string>();
  /** Entries of user data without any key. */
  readonly #clean = new Set<string>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** A value that must be in nothing that a cloud is sent. */
  mustStaySecret(name: string, value: string): void {
    this.#secrets.set(Buffer.from(value).toString("latin1"), name);
  }

  /** One request: its path and query, its headers, its body. */
  hear({ method, url, headers, body }: WireRequest, cloud: string): void {
    const where = `${cloud} ${method} ${url.pathname}`;
    this.look(Buffer.from(`${url.pathname}${url.search}`), `${where}: the URL`);
    for (const [name, value] of Object.entries(headers)) this.look(Buffer.from(value), `${where}: the header ${name}`);
    for (const piece of piecesOf(body, headers["content-type"] ?? "")) this.look(piece, `${where}: the body`);
  }

  /** Any other bytes. */
  look(bytes: Buffer, where: string): void {
    // No key is shorter, and no name of anything is looked at a thousand times.
    if (bytes.length < 16) return;
    const digest = bytes.length < 64 ? bytes.toString("latin1") : createHash("sha1").update(bytes).digest("base64");
    if (!this.#heard.has(digest)) this.#heard.set(digest, { bytes, where });
  }

  /** What was found in all that was heard since the last call. */
  take(): readonly string[] {
    for (const { bytes, where } of this.#heard.values()) this.#judge(bytes, where);
    const found = [...this.#findings];
    for (const kept of [this.#findings, this.#heard]) kept.clear();
    return found;
  }

  /** Whose tokens were heard, and which values must stay secret. */
  forget(): void {
    for (const kept of [this.#secrets, this.#tokens]) kept.clear();
  }

  #judge(bytes: Buffer, where: string): void {
    for (const { text, how } of readings(bytes, isUserData)) {
      const at = how === "" ? where : `${where} › ${how}`;
      const machine = toldMachine(text);
      if (machine === undefined) this.#lookAt(text, at);
      else this.#lookAtMachine(machine, at);
    }
  }

  #lookAtMachine(machine: ToldMachine, at: string): void {
    const whose = `the ${machine.role} of ${machine.clusterName}`;
    for (const token of machine.tokens) this.#tokens.set(token, whose);
    for (const [token, owner] of this.#tokens) {
      if (owner !== whose && machine.text.includes(token)) {
        this.#findings.add(`${at}: the token of ${owner}, for ${whose}`);
      }
    }
    const isGivenKeys = !machine.makesKey && this.#options.mayCarryKeys(machine.clusterName);
    for (const entry of entriesOf(machine.text)) {
      if (!(isGivenKeys && isOfTls(entry))) this.#lookAtEntry(entry, `${at} › user data for ${whose}`);
    }
  }

  /** Most entries are programs, which all machines get. */
  #lookAtEntry(entry: string, at: string): void {
    if (this.#secrets.size === 0 && this.#clean.has(entry)) return;
    const before = this.#findings.size;
    for (const { text, how } of readings(Buffer.from(entry, "latin1"))) {
      this.#lookAt(text, how === "" ? at : `${at} › ${how}`);
    }
    const isProgram = /^-\n path: \/(?:etc\/dask-fleet\/lib|etc\/systemd)\//u.test(entry);
    if (isProgram && this.#findings.size === before) this.#clean.add(entry);
  }

  #lookAt(text: string, at: string): void {
    const kind = privateKeyIn(text);
    if (kind !== undefined) this.#findings.add(`${at}: a private key (${kind})`);
    for (const [value, name] of this.#secrets) if (text.includes(value)) this.#findings.add(`${at}: ${name}`);
  }
}
