import { randomBytes } from "node:crypto";

import { Bell } from "../../bell.ts";
import type { MachineRole } from "../../provider/role.ts";

const TOKEN_BYTES = 32;

/** A token that is not dead. */
export interface LivingToken {
  readonly bytes: Buffer;
  /** What a machine with that token gets with its certificate (`joinFiles`); undefined for one that has all. */
  readonly files: string | undefined;
}

interface Token extends LivingToken {
  readonly role: MachineRole;
  readonly group: string;
  readonly madeAt: number;
  deadAt: number;
  files: string | undefined;
}

export interface JoinTokensOptions {
  /** How long the machines of one request may take to join, in milliseconds. */
  readonly lifeMs: number;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

/**
 * The tokens in the user data of machines that join. All machines of a request share one, and so do requests for one group in quick
 * succession, whose user data is equal then. A token dies with the deadline of the last request that used it: from then on it proves
 * nothing.
 */
export class JoinTokens {
  /** Rings when a token is used. */
  readonly bell = new Bell();
  readonly #lifeMs: number;
  readonly #now: () => number;
  #tokens: readonly Token[] = [];
  /** In user data that no machine gets: for its size, and for previews. */
  readonly #sample: string = randomBytes(TOKEN_BYTES).toString("hex");

  constructor({ lifeMs, now = () => performance.now() }: JoinTokensOptions) {
    this.#lifeMs = lifeMs;
    this.#now = now;
  }

  /** A token of the right length that no request proves anything with. */
  get sample(): string {
    return this.#sample;
  }

  /** The token for a request for machines that is about to be sent, hexadecimal. */
  use(role: MachineRole, group = ""): string {
    const now = this.#now();
    this.#bury();
    const isFit = (each: Token): boolean =>
      each.role === role && each.group === group && now - each.madeAt < this.#lifeMs / 2;
    const known = this.#tokens.find(isFit);
    const token = known ?? { role, group, bytes: randomBytes(TOKEN_BYTES), madeAt: now, deadAt: now, files: undefined };
    token.deadAt = now + this.#lifeMs;
    if (known === undefined) this.#tokens = [...this.#tokens, token];
    this.bell.ring();
    return token.bytes.toString("hex");
  }

  /** Has the machines with a token get these files with their certificates. */
  bring(token: string, files: string | undefined): void {
    const known = this.#tokens.find(({ bytes }) => bytes.toString("hex") === token);
    if (known !== undefined) known.files = files;
  }

  /** The tokens of a role that are not dead. */
  living(role: string): readonly LivingToken[] {
    this.#bury();
    return this.#tokens.filter((each) => each.role === role);
  }

  #bury(): void {
    const now = this.#now();
    this.#tokens = this.#tokens.filter(({ deadAt }) => deadAt > now);
  }
}
