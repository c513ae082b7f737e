import { DaskFleetError } from "../errors.ts";
import { printableName } from "../printable.ts";

/** A command that {@link ClusterManager.run} has run did not succeed. Its code is `COMMAND_FAILED`. */
export class CommandFailedError extends DaskFleetError {
  /** Always `CommandFailedError`. */
  override readonly name = "CommandFailedError";
  /** The command's exit status; 128 + n when signal number n ended it. */
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | undefined;

  /** @param command the program alone: its arguments may hold a secret */
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
