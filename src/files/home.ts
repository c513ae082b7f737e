import { userInfo } from "node:os";
import { isAbsolute } from "node:path";

/**
 * The user's home directory: what `HOME` says, or else the computer's list of users. Undefined where neither names a place, as for
 * `docker run --user 12345` without `HOME`. Whether it is there, and can be written to, is another question.
 */
export function homeDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const home = env["HOME"];
  if (home !== undefined && isAbsolute(home)) return home;
  try {
    const { homedir } = userInfo();
    return isAbsolute(homedir) ? homedir : undefined;
  } catch {
    return undefined;
  }
}
