import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A fingerprint of files and of everything in folders: names and contents. */
export function fingerprint(root, paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap((path) => filesBelow(root, path)).sort()) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Whether the work that a stamp stands for was finished, for this very fingerprint. */
export function isStamped(file, print) {
  try {
    return readFileSync(file, "utf8").trim() === print;
  } catch {
    return false;
  }
}

export function stamp(file, print) {
  writeFileSync(file, `${print}\n`);
}

function filesBelow(root, path) {
  try {
    return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) =>
      filesBelow(root, join(path, entry.name)),
    );
  } catch (error) {
    if (error.code === "ENOTDIR") return [path];
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
