import { DaskFleetError } from "../errors.ts";
import { printableName } from "../text/printable.ts";

/** A command that {@link ClusterManager.run} has run did not succeed. Its code is `COMMAND_FAILED`. */
export class CommandFailedError extends DaskFleetError {
  override readonly name = "CommandFailedError";
  /** The command's exit status; 128 + n when signal number n ended it. */
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | undefined;

  // The arguments are not told: they may hold a secret.
  constructor(command: string, exitCode: number, signal: NodeJS.Signals | undefined, circumstance?: string) {
    const how = signal === undefined ? `failed with exit code ${exitCode}` : `was ended by ${signal}`;
    super(
      "COMMAND_FAILED",
      `The command "${printableName(command)}" ${how}.${circumstance === undefined ? "" : ` ${circumstance}`}`,
    );
    this.exitCode = exitCode;
    this.signal = signal;
  }
}
