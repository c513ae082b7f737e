import { tellOnStderr } from "../process/stderr.ts";
import { printable } from "../text/printable.ts";

/** The reader of a pipe has ended, as with `| head`: not an error. */
const NO_READER = new Set(["EPIPE", "ECONNRESET"]);

let isOutliving = false;

/** Keeps a command running when its terminal or pipe is closed. Output that is lost for another reason makes it fail. */
export function outliveOutput(): void {
  if (isOutliving) return;
  isOutliving = true;
  const { stdout, stderr } = process;
  let isTold = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    const { code = "" } = error;
    if (NO_READER.has(code) || (code === "EIO" && stdout.isTTY)) return;
    if (!isTold) complain(`standard output: ${error.message}`);
    isTold = true;
    process.exitCode = 1;
  });
  stderr.on("error", () => undefined);
}

/** A command's result, on standard output. A row of names has been made of {@link printableName}s. */
export function say(text: string): void {
  process.stdout.write(text === "" ? "" : `${printable(text)}\n`);
}

/** Everything else, on standard error. */
export function complain(text: string): void {
  tellOnStderr(text);
}
