import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { ROOT, SetupError, pathWithTools } from "../project.mjs";

const TERMINAL = join(ROOT, "test", "support", "terminal-host.py");
/** What moves a cursor or colours text: the picture has no place for it. */
const CONTROLS = /[^\P{Cc}\n]/u;

/**
 * Runs a command of the built dask-fleet in a terminal, in a folder with nothing but train.py.
 *
 * @returns each line that was shown, and when, in milliseconds from the start
 */
export async function recordRun(command) {
  const place = mkdtempSync(join(tmpdir(), "dask-fleet-record-"));
  try {
    const bin = join(place, "bin");
    const folder = join(place, "work");
    for (const each of [bin, folder]) mkdirSync(each);
    symlinkSync(join(ROOT, "dist", "src", "cli", "main.js"), join(bin, "dask-fleet"));
    copyFileSync(join(ROOT, "examples", "train.py"), join(folder, "train.py"));
    // No cluster of this computer, and no option of its owner's.
    const { PATH, DASK_FLEET_PYTHON = "python3", LANG = "C.UTF-8" } = process.env;
    const env = {
      PATH: [bin, pathWithTools(PATH)].join(delimiter),
      HOME: place,
      DASK_FLEET_PYTHON,
      LANG,
      TERM: "dumb",
    };
    return await shown(["bash", "-c", `exec node "$(command -v dask-fleet)" "$@"`, ...command.split(" ")], {
      cwd: folder,
      env,
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function shown(command, { cwd, env }) {
  const host = spawn(env.DASK_FLEET_PYTHON, [TERMINAL, ...command], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "inherit", "pipe"],
  });
  const began = performance.now();
  const lines = [];
  let [rest, status] = ["", ""];
  host.stdout.setEncoding("utf8").on("data", (part) => {
    const [last, ...ended] = `${rest}${part}`.replaceAll("\r\n", "\n").split("\n").toReversed();
    rest = last;
    const atMs = performance.now() - began;
    lines.push(...ended.toReversed().map((text) => ({ text, atMs })));
  });
  host.stdio[3].setEncoding("utf8").on("data", (part) => (status += part));
  await once(host, "close");
  const text = lines.map((line) => line.text).join("\n");
  if (status.trim() !== "0") throw new SetupError(`record: the command ended with ${status.trim()}:\n${text}`);
  if (CONTROLS.test(text)) throw new SetupError(`record: ${JSON.stringify(text)} is more than lines of text`);
  return lines;
}
