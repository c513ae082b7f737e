import type { X509Certificate } from "node:crypto";

import { type Chain, findChains } from "./certificate-chain.ts";
import { type ChainCheck, problemOf } from "./check-chain.ts";
import { invalid } from "./invalid.ts";
import { type PemSource, readPemSource } from "./pem-source.ts";
import { certificatesIn } from "./pem.ts";
import { keyText } from "./private-key.ts";
import { resolveRoles, type RoleOptions } from "./role-options.ts";
import { readPair, type RolePair } from "./role-pair.ts";
import type { FileOption } from "./security-options.ts";
import type { Role, TlsMaterial } from "./tls-material.ts";

/** The files of a Security: each is read once, when first needed. */
export class RoleFiles {
  readonly #given: ReadonlyMap<FileOption, string>;
  readonly #roles: Readonly<Record<Role, RoleOptions>>;
  readonly #sources = new Map<FileOption, PemSource>();
  readonly #pairs = new Map<Role, RolePair>();
  #trusted: readonly X509Certificate[] | undefined;

  constructor(given: ReadonlyMap<FileOption, string>) {
    this.#given = given;
    this.#roles = resolveRoles(given);
  }

  pair(role: Role): RolePair {
    let pair = this.#pairs.get(role);
    if (pair === undefined) {
      const { cert, key } = this.#roles[role];
      pair = readPair(this.#source(cert), this.#source(key ?? cert), cert.replace(/Cert$/, "Key"));
      this.#pairs.set(role, pair);
    }
    return pair;
  }

  material(role: Role): TlsMaterial {
    const { leaf, intermediates, key } = this.pair(role);
    const cert = [leaf, ...intermediates].join("");
    return Object.freeze({ ca: this.#authorities().join(""), cert, key: keyText(key) });
  }

  /** The role's valid chain. Throws the first fault if none is valid. */
  checkedChain(role: Role, when: Pick<ChainCheck, "now" | "validUntil">): Chain {
    const { certTitle: title } = this.pair(role);
    const chains = this.chains(role);
    const problems = chains.map((chain) => problemOf(chain, { role, title, ...when }));
    const good = chains[problems.indexOf(undefined)];
    if (good === undefined) throw invalid(problems[0] ?? `The certificate in ${title} leads to no CA.`);
    return good;
  }

  chains(role: Role): readonly Chain[] {
    const { leaf, intermediates, certTitle } = this.pair(role);
    const trusted = this.#authorities();
    const chains = findChains(leaf, intermediates, trusted);
    if ("problem" in chains) {
      const ca = this.#source("tlsCaFile").title;
      throw invalid(`The certificate in ${certTitle} does not lead to the CA in ${ca}: it ${chains.problem}.`);
    }
    return chains;
  }

  #authorities(): readonly X509Certificate[] {
    this.#trusted ??= certificatesIn(this.#source("tlsCaFile"));
    return this.#trusted;
  }

  #source(option: FileOption): PemSource {
    let source = this.#sources.get(option);
    if (source === undefined) {
      // resolveRoles only names options that are given.
      source = readPemSource(option, this.#given.get(option) ?? "");
      this.#sources.set(option, source);
    }
    return source;
  }
}
