import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { run } from "./run.ts";

/** A machine's disk: its writes overlay a root file system that all machines share. */
export class Disk {
  readonly root: string;
  /** What the machine has written so far. */
  readonly written: string;
  readonly #directory: string;

  /** @param images what it is made from, a disk that was written above what it was made from */
  static async make(directory: string, ...images: readonly string[]): Promise<Disk> {
    const disk = new Disk(directory);
    const [upper, work] = [disk.written, join(directory, "work")];
    await Promise.all([upper, work, disk.root].map((each) => mkdir(each, { recursive: true })));
    await run("mount", [
      "-t",
      "overlay",
      "overlay",
      "-o",
      `lowerdir=${images.join(":")},upperdir=${upper},workdir=${work}`,
      disk.root,
    ]);
    return disk;
  }

  private constructor(directory: string) {
    this.#directory = directory;
    this.root = join(directory, "root");
    this.written = join(directory, "upper");
  }

  async write(path: string, content: string, mode = 0o644): Promise<void> {
    const file = join(this.root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
  }

  async writePipe(path: string): Promise<void> {
    const file = join(this.root, path);
    await mkdir(dirname(file), { recursive: true });
    await run("mkfifo", [file]);
  }

  /** Takes it away, with whatever is mounted on it. */
  async remove(): Promise<void> {
    await run("umount", ["--recursive", this.root]);
    await rm(this.#directory, { recursive: true, force: true });
  }
}
