import { join } from "node:path";

/** Where an image of ADS has the files of the document's folder. */
export const CODE = "/code";

/** The path in the document's folder of a file of the image. Undefined: it is not from there. */
export function inFolder(path: string, folder: string): string | undefined {
  return path.startsWith(`${CODE}/`) ? join(folder, path.slice(CODE.length + 1)) : undefined;
}
