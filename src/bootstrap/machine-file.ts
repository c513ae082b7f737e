/** One file that a machine is given. */
export interface MachineFile {
  /** Absolute path on the machine. */
  readonly path: string;
  /** Octal, four digits: `0600`. The owner is root. */
  readonly mode: "0600" | "0644" | "0755";
  readonly content: string;
  /** What may be shown instead of `content`, where that holds secrets. */
  readonly preview?: string | undefined;
}

/** Where a machine's files stand: /etc can be written where /usr cannot (Container-Optimized OS, Flatcar). The templates know both. */
export const ETC = "/etc/dask-fleet";
export const LIB: string = `${ETC}/lib`;

/** The script that runs a node, as bash is given it (below `DASK_FLEET_ROOT` on this computer). */
export const START_SCRIPT: string = `${LIB}/start-node.sh`;

/** Stands for a text that may be a secret. */
export function hiddenText(text: string): string {
  return `(hidden, ${Buffer.byteLength(text)} bytes)`;
}
