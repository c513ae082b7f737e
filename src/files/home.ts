import { userInfo } from "node:os";
import { isAbsolute } from "node:path";

/**
 * The user's home directory: `HOME`, or else the entry in the computer's list of users. Undefined when neither names one, as for
 * `docker run --user 12345` without `HOME`. It may not exist, or not be writable.
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
