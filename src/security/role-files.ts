import type { X509Certificate } from "node:crypto";

import { type Chain, findChains, nameOf } from "./certificates/certificate-chain.ts";
import { type ChainCheck, problemOf } from "./certificates/check-chain.ts";
import { type PemSource, readPemSource } from "./certificates/pem-source.ts";
import { certificatesIn, pemBlocks } from "./certificates/pem.ts";
import { keyText } from "./certificates/private-key.ts";
import { SYSTEM_CA, publicAuthority, systemRootsAbove } from "./certificates/well-known-ca.ts";
import { invalid } from "./invalid.ts";
import type { NodeTls } from "./node-tls.ts";
import type { ParsedOptions } from "./parse-options.ts";
import { referenceIn } from "./references/file-references.ts";
import type { TlsLocations } from "./references/locations.ts";
import type { SecretReference } from "./references/secret-reference.ts";
import { ROLES, resolveRoles, type RoleOptions } from "./role-options.ts";
import { readPair, type RolePair } from "./role-pair.ts";
import type { FileOption } from "./security-options.ts";
import type { Role, TlsMaterial } from "./tls-material.ts";

/** The files of a Security: each is read once, when first needed. */
export class RoleFiles {
  readonly #given: ReadonlyMap<FileOption, string>;
  readonly #roles: Readonly<Record<Role, RoleOptions>>;
  readonly #sources = new Map<FileOption, PemSource>();
  readonly #pairs = new Map<Role, RolePair>();
  readonly #ends = new Map<Role, number>();
  #trusted: readonly X509Certificate[] | undefined;

  /** @param fetched the texts of options that hold references */
  constructor(given: ReadonlyMap<FileOption, string>, fetched: ReadonlyMap<FileOption, string> = new Map()) {
    this.#given = given;
    this.#roles = resolveRoles(given);
    if (given.get("tlsCaFile") === SYSTEM_CA) assertNoReference(given);
    for (const [option, text] of fetched) {
      this.#sources.set(option, { title: `\`${option}\` (${given.get(option) ?? ""})`, text });
    }
  }

  /** The roles whose certificate, key and CA are here: in a file, a text, or fetched. */
  get rolesHere(): readonly Role[] {
    return ROLES.filter((role) => this.#optionsOf(role).every((option) => this.#isHere(option)));
  }

  /** The references of a role, by option. */
  referencesOf(role: Role): ReadonlyMap<FileOption, SecretReference> {
    return new Map(
      this.#optionsOf(role).flatMap((option) => {
        const reference = referenceIn(this.#given.get(option));
        return reference === undefined ? [] : [[option, reference] as const];
      }),
    );
  }

  /** What a machine of a role is told: texts where all are here by themselves, else what it fetches. */
  nodeTls(role: Role, locations: TlsLocations | undefined): NodeTls {
    const references = this.referencesOf(role);
    if (references.size === 0 && locations === undefined) return this.material(role);
    const { cert, key = cert } = this.#roles[role];
    const file = (option: FileOption): string | SecretReference => references.get(option) ?? this.#source(option).text;
    if (references.size === 0) return { delivery: "fetch", files: this.material(role), locations };
    return { delivery: "fetch", files: { ca: file("tlsCaFile"), cert: file(cert), key: file(key) }, locations };
  }

  /** Every given option as PEM text; references as they are. */
  recorded(): Readonly<Partial<Record<FileOption, string>>> {
    return Object.fromEntries(
      Array.from(this.#given, ([option, value]) => [
        option,
        referenceIn(value) === undefined ? this.#source(option).text : value,
      ]),
    );
  }

  /** Reads every option that is no reference; throws the first fault. */
  checkHere(): void {
    for (const [option, value] of this.#given) if (referenceIn(value) === undefined) pemBlocks(this.#source(option));
  }

  #optionsOf(role: Role): readonly FileOption[] {
    const { cert, key = cert } = this.#roles[role];
    return [...new Set<FileOption>(["tlsCaFile", cert, key])];
  }

  #isHere(option: FileOption): boolean {
    return this.#sources.has(option) || referenceIn(this.#given.get(option)) === undefined;
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

  /** When the role's certificate ends, in `Date`'s milliseconds: a peer takes any valid chain, so with the chain that lasts longest. */
  endOf(role: Role): number {
    let end = this.#ends.get(role);
    if (end === undefined) {
      const ends = this.chains(role).map((chain) => Math.min(...chain.map(({ validToDate }) => validToDate.getTime())));
      end = Math.max(...ends);
      this.#ends.set(role, end);
    }
    return end;
  }

  /** @throws DaskFleetError `SECURITY_INVALID` where the CA signs for anybody, or the scheduler's certificate lacks the name; of what is here */
  checkTrust({ allowPublicCa, serverName }: Pick<ParsedOptions, "allowPublicCa" | "serverName">): void {
    if (!allowPublicCa && this.#isHere("tlsCaFile")) this.#assertOwnCa();
    if (serverName !== undefined && this.rolesHere.includes("scheduler")) this.#assertNamed(serverName);
  }

  #assertOwnCa(): void {
    const found = publicAuthority(this.#authorities());
    if (found === undefined) return;
    throw invalid(
      `${this.#source("tlsCaFile").title} is the public CA ${nameOf(found.subject)}: Dask admits every holder of a certificate of its CA, so ` +
        "anybody who reaches the cluster could run code on it. Use temporary certificates (`security: true`) or a CA of your own. " +
        "If the network alone is to protect the cluster, set `allowPublicCa: true`.",
    );
  }

  #assertNamed(name: string): void {
    const { leaf, certTitle } = this.pair("scheduler");
    if (leaf.checkHost(name, { subject: "never" }) !== undefined) return;
    const names = leaf.subjectAltName ?? "none";
    throw invalid(`The certificate in ${certTitle} is not for \`serverName\` (${name}): its names are ${names}.`);
  }

  /** Only the CAs above the certificates: each further one would admit more peers. */
  #systemCa(): PemSource {
    const pairs = this.rolesHere.map((role) => this.pair(role));
    return { title: "`tlsCaFile` (system)", text: systemRootsAbove(pairs).join("") };
  }

  #authorities(): readonly X509Certificate[] {
    this.#trusted ??= certificatesIn(this.#source("tlsCaFile"));
    return this.#trusted;
  }

  #source(option: FileOption): PemSource {
    let source = this.#sources.get(option);
    if (source === undefined) {
      // resolveRoles only names options that are given.
      const value = this.#given.get(option) ?? "";
      if (referenceIn(value) !== undefined) throw notFetched(option, value);
      source = value === SYSTEM_CA && option === "tlsCaFile" ? this.#systemCa() : readPemSource(option, value);
      this.#sources.set(option, source);
    }
    return source;
  }
}

/** A machine's certificate that only the machine reads may lead to another root than those that are found here. */
function assertNoReference(given: ReadonlyMap<FileOption, string>): void {
  const [option] = [...given].find(([, value]) => referenceIn(value) !== undefined) ?? [];
  if (option === undefined) return;
  throw invalid(
    `\`tlsCaFile: "system"\` finds the CAs above certificates that are on this computer, and \`${option}\` is in a store that machines ` +
      "fetch from. Give the CA as a file, a PEM text or a reference.",
  );
}

function notFetched(option: FileOption, reference: string): Error {
  return invalid(`\`${option}\` (${reference}) is in a store, from which it has not been fetched.`);
}
