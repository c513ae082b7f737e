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

/** Does what cloud-init does with user data as far as files go: lays them out, below `root` instead of `/`. */
export async function layFiles(userData: Uint8Array, root: string): Promise<void> {
  const bytes = Buffer.from(userData);
  const text = (bytes.readUInt16BE(0) === GZIP_MAGIC ? gunzipSync(bytes) : bytes).toString("utf8");
  const { write_files: files } = cloudConfigSchema.parse(parse(text));
  for (const { path, content, permissions, encoding } of files) {
    const target = join(root, path);
    const packed = encoding === undefined ? undefined : Buffer.from(content, "base64");
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, encoding === "gz+b64" && packed !== undefined ? gunzipSync(packed) : (packed ?? content), {
      mode: 0o600,
    });
    await chmod(target, Number.parseInt(permissions, 8));
  }
}
