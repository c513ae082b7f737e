import type { JobFileSource } from "../access/jobs/job-options.ts";
import type { RunProgram } from "./run-program.ts";

/** Where a file's cluster is, and what lies over the file. */
export interface ClusterFileOptions {
  /** `key.path=value` texts over the file, as after `--set`: `workers=4`, `tags.team=ml`. Default: none. */
  readonly set?: readonly string[] | undefined;
  /** A provider in place of the file's, such as `local`. Options that only the file's own provider has become notes. */
  readonly provider?: string | undefined;
  /** A profile in place of the file's. */
  readonly profile?: string | undefined;
  /** The environment for `${NAME}` and for the folder of profiles. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a cluster file says. It is read and checked as far as that needs no cluster; its options are checked by the constructor. */
export interface ClusterFile {
  /** The absolute path of the file. */
  readonly path: string;
  /** `cluster`: our own. `ads`: the document of OCI's `ads opctl`. */
  readonly kind: "cluster" | "ads";
  /** The provider's name on the command line, such as `ec2`. */
  readonly provider: string;
  /** The cluster's name. Undefined: each start makes a new one. */
  readonly name: string | undefined;
  /** The profile that the file lies over. */
  readonly profile: string | undefined;
  /** Options for the provider's constructor, `attach()` and `list()`. They carry the file invisibly, so that errors name its lines. */
  readonly options: object;
  /** Files for the program, as `submit()` takes them, from the file's folder. */
  readonly files: readonly (string | JobFileSource)[];
  /** The program of `run:`. */
  readonly run: RunProgram | undefined;
  /** What the file says that has no meaning here, one sentence each. */
  readonly notes: readonly string[];
}
