import { randomBytes } from "node:crypto";

import { Bell } from "../../bell.ts";
import type { MachineRole } from "../../provider/role.ts";

const TOKEN_BYTES = 32;

interface Token {
  readonly role: MachineRole;
  readonly group: string;
  readonly bytes: Buffer;
  readonly madeAt: number;
  deadAt: number;
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
    const known = this.living(role).find((each) => each.group === group && now - each.madeAt < this.#lifeMs / 2);
    const token = known ?? { role, group, bytes: randomBytes(TOKEN_BYTES), madeAt: now, deadAt: now };
    token.deadAt = now + this.#lifeMs;
    if (known === undefined) this.#tokens = [...this.#tokens, token];
    this.bell.ring();
    return token.bytes.toString("hex");
  }

  /** The tokens of a role that are not dead. */
  living(role: string): readonly Token[] {
    const now = this.#now();
    this.#tokens = this.#tokens.filter(({ deadAt }) => deadAt > now);
    return this.#tokens.filter((each) => each.role === role);
  }
}
