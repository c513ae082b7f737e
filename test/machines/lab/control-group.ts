import { mkdir, readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/** A machine's own control group: without it two machines' services of the same name would be one. */
export class ControlGroup {
  readonly path: string;

  static async make(name: string): Promise<ControlGroup> {
    const group = new ControlGroup(join(ROOT, name));
    await mkdir(group.path);
    return group;
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** Takes it away, with all below it. Nothing may run in it any more. */
  async remove(): Promise<void> {
    await removeTree(this.path);
  }
}

async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  await rmdir(path);
}
