import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";

import { parse } from "yaml";
import * as z from "zod";

const cloudConfigSchema = z.object({
  write_files: z.array(
    z.object({
      path: z.string().startsWith("/"),
      content: z.string(),
      permissions: z.string().regex(/^0[0-7]{3}$/),
      encoding: z.enum(["gz+b64", "b64"]).optional(),
    }),
  ),
});

const GZIP_MAGIC = 0x1f8b;

/** A file as cloud-init would write it. */
interface UserDataFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

/** The files of user data's `write_files`, decompressed. */
export function userDataFiles(userData: Uint8Array): readonly UserDataFile[] {
  const { write_files: files } = cloudConfigSchema.parse(parse(unpacked(Buffer.from(userData)).toString("utf8")));
  return files.map(({ path, content, permissions, encoding }) => ({
    path,
    content: fileContent(content, encoding),
    mode: Number.parseInt(permissions, 8),
  }));
}

/** Writes the files of user data as cloud-init would, below `root` instead of `/`. */
export async function layFiles(userData: Uint8Array, root: string): Promise<void> {
  for (const { path, content, mode } of userDataFiles(userData)) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, content, { mode: 0o600 });
    await chmod(target, mode);
  }
}

function unpacked(bytes: Buffer): Buffer {
  return bytes.readUInt16BE(0) === GZIP_MAGIC ? gunzipSync(bytes) : bytes;
}

function fileContent(content: string, encoding: "gz+b64" | "b64" | undefined): Buffer {
  if (encoding === undefined) return Buffer.from(content);
  const packed = Buffer.from(content, "base64");
  return encoding === "gz+b64" ? gunzipSync(packed) : packed;
}
