import type { JobFileSource, JobModule } from "../access/jobs/job-options.ts";

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

/** A program for `submit()`. */
export interface JobProgram {
  /** The path of a Python script, from `cwd`, or a module. */
  readonly program: string | JobModule;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** The program of a cluster file. */
export interface RunProgram {
  /** Its words. A text that needs a shell is given to `/bin/sh -c`. */
  readonly command: readonly [string, ...string[]];
  /** Environment variables of the program. They are in no record. */
  readonly env: Readonly<Record<string, string>>;
  /** `here`: on this computer, for `cluster.run()`. `cluster`: beside the scheduler, for `cluster.submit()`. */
  readonly where: "here" | "cluster";
  /** The folder of the file; the program's paths are relative to it. */
  readonly cwd: string;
  /** The same program for `submit()`. Undefined for `here`. */
  readonly job: JobProgram | undefined;
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
