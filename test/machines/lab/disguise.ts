import type { MachineInput, SpotNotices } from "@dask-fleet/simulated-clouds";

/** A request to a metadata service, from one machine. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Told {
  readonly status: number;
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FirstFile {
  readonly path: string;
  readonly content: string;
  /** @default 0o644 */
  readonly mode?: number;
  /** A pipe that nobody reads: who writes to it hangs. @default false */
  readonly hangs?: boolean;
}

/** What makes a machine of the lab one of a cloud, for the eyes of cloud-init. */
export interface Disguise {
  /** What the firmware says, under the kernel's names in /sys/class/dmi/id. */
  firmware(machine: MachineInput): Readonly<Record<string, string>>;
  /** What is on the disk at the first boot, beside the image. */
  files?(machine: MachineInput): readonly FirstFile[];
  /** Whether eth0 has its address before boot, for containers where cloud-init cannot configure it. */
  readonly configured?: boolean;
  /** What the cloud has announced to its machines; undefined where it announces nothing. */
  readonly notices?: SpotNotices;
  /** What the metadata service answers. */
  answer(asked: Asked, machine: MachineInput): Told | Promise<Told>;
}

export const NOT_FOUND: Told = { status: 404, body: "Not Found\n" };

/** A tree of metadata: leaves are values, and a folder's text is the list of its names. */
export interface Tree {
  readonly [name: string]: string | Buffer | Tree;
}

/** What is at a path such as `/latest/meta-data/placement/`. */
export function lookUp(tree: Tree, path: string): string | Buffer | Tree | undefined {
  let here: string | Buffer | Tree | undefined = tree;
  for (const name of path.split("/").filter((part) => part !== "")) {
    if (here === undefined || typeof here === "string" || Buffer.isBuffer(here)) return undefined;
    here = here[name];
  }
  return here;
}

export function isFolder(value: string | Buffer | Tree): value is Tree {
  return typeof value !== "string" && !Buffer.isBuffer(value);
}

/** The names in a folder, those of folders with a slash, one a line. */
export function listing(folder: Tree): string {
  return Object.entries(folder)
    .map(([name, value]) => (isFolder(value) ? `${name}/` : name))
    .join("\n");
}
