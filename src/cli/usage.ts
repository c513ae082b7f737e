import { DaskFleetError } from "../errors.ts";

/** A mistake on the command line: the exit code is 2. */
export class UsageError extends DaskFleetError {
  override readonly name = "UsageError";

  constructor(message: string | readonly string[]) {
    super("CONFIG_INVALID", message);
  }
}

/** A usage error that names the help. */
export function usage(message: string, command?: string): UsageError {
  return new UsageError(`${message} See dask-fleet ${command === undefined ? "" : `${command} `}--help.`);
}
