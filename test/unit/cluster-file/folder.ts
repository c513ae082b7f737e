import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach } from "vitest";

/** A folder of a test, also its user's home. */
export interface Folder {
  /** Writes a file, and returns its path. */
  readonly write: (name: string, content: string, mode?: number) => string;
  readonly path: (name: string) => string;
  readonly env: () => Readonly<Record<string, string>>;
}

export function folderOfTest(): Folder {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dask-fleet-file-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    write: (name, content, mode = 0o644) => {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), content, { mode });
      return path(name);
    },
    env: () => ({ HOME: folder }),
  };
}
