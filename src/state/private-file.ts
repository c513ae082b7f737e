import { randomBytes } from "node:crypto";
import { link, rename, rm, writeFile } from "node:fs/promises";

/** Writes a file that only its owner can read, whole or not at all; with `exclusive` throws `EEXIST` where one is already. */
export async function writePrivateFile(
  path: string,
  content: string | Uint8Array,
  { exclusive = false }: { readonly exclusive?: boolean } = {},
): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(partial, content, { mode: 0o600, flag: "wx" });
    if (exclusive) await link(partial, path);
    else await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}
