import type { Account } from "../state/account.ts";

/** One call of an operation, with its input checked against the description and in the SDK's words. */
export interface Call<Input> {
  readonly account: Account;
  readonly input: Input;
  /** The same for the same parameters; those that are named do not count. */
  fingerprintWithout(...parameters: readonly (keyof Input & string)[]): string;
  /** Checks that the caller may also do that, such as `iam:PassRole`. */
  needs(action: string): void;
  /** Whether the caller may also do that, for what AWS does by itself. */
  allows(action: string): boolean;
  /** Says that what was not looked at does not matter either. */
  readEverything(): void;
  /** To be called after the last check and before the first effect: a dry run ends here. */
  begin(): void;
}

/** What carries an operation out. It returns the operation's output in the SDK's words. */
type Operation<Input, Output> = (call: Call<Input>) => Output | Promise<Output>;

/** Operations by name. */
export type Operations = Readonly<Record<string, Operation<never, object>>>;
