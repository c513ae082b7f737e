import { readdir, readFile, readlink } from "node:fs/promises";

export interface MachineProcess {
  readonly pid: number;
  /** Its arguments, joined by blanks. */
  readonly command: string;
  /** Its arguments, byte for byte. */
  readonly argv: readonly string[];
  /** In the kernel's format: NUL between the variables. */
  readonly environment: string;
}

/** The processes of machines whose disks are in a directory. */
export async function machineProcesses(directory: string): Promise<readonly MachineProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      const root = environment.split("\0").find((entry) => entry.startsWith("DASK_FLEET_ROOT="));
      if (root?.includes(directory) !== true) return undefined;
      const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0").slice(0, -1);
      return { pid: Number(pid), command: argv.join(" "), argv, environment };
    }),
  );
  return found.filter((each) => each !== undefined);
}

const LISTEN = "0A";

/** The addresses with TCP listeners, as `127.0.0.1` or, for IPv6, in the kernel's hex. */
export async function listeningAddresses(processes: readonly MachineProcess[]): Promise<readonly string[]> {
  const inodes = new Set((await Promise.all(processes.map(({ pid }) => socketsOf(pid)))).flat());
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  return tables
    .flatMap((table) => table.split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/u))
    .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9] ?? ""))
    .map((fields) => addressOf(fields[1] ?? ""));
}

async function socketsOf(pid: number): Promise<readonly string[]> {
  const directory = `/proc/${pid}/fd`;
  const descriptors = await readdir(directory).catch(() => []);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`${directory}/${fd}`).catch(() => "")));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/u.exec(target)?.[1] ?? []);
}

/** The kernel prints IPv4 as one little-endian number. */
function addressOf(field: string): string {
  const [host = "", port = ""] = field.split(":");
  const shown = host.length === 8 ? [...Buffer.from(host, "hex")].toReversed().join(".") : `[${host}]`;
  return `${shown}:${Number.parseInt(port, 16)}`;
}
