import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { Disk } from "./disk.ts";
import { run } from "./run.ts";

/**
 * A user's Python, outside of the machines: it runs in their root file system, so that its Dask is of the same version, but on
 * the launcher's side of the network and with the launcher's temporary files.
 */
export class PythonClient implements AsyncDisposable {
  readonly #directory: string;
  readonly #disk: Disk;

  static async open(image: string): Promise<PythonClient> {
    const directory = await mkdtemp(join(tmpdir(), "client-"));
    const disk = await Disk.make(join(directory, "disk"), image);
    await run("mkdir", ["-p", join(disk.root, tmpdir())]);
    for (const shared of ["/proc", "/dev", tmpdir()]) await run("mount", ["--rbind", shared, join(disk.root, shared)]);
    return new PythonClient(directory, disk);
  }

  private constructor(directory: string, disk: Disk) {
    this.#directory = directory;
    this.#disk = disk;
  }

  /** Runs a program as `cluster.run` does for a user, and returns what it wrote to the file of its first argument. */
  async run(cluster: ClusterManager, program: string, signal = AbortSignal.timeout(60_000)): Promise<string> {
    const script = join(this.#directory, "program.py");
    const answer = join(this.#directory, "answer");
    await writeFile(script, program);
    await rm(answer, { force: true });
    await cluster.run("chroot", [this.#disk.root, "python3", script, answer], { signal });
    return (await readFile(answer, "utf8")).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disk.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
