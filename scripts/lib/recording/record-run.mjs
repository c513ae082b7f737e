import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { ROOT, SetupError, pathWithTools } from "../project.mjs";
import { RecordedScreen, textOfLine } from "./screen.mjs";

const TERMINAL = join(ROOT, "test", "support", "terminal-host.py");
const [COLUMNS, ROWS] = [80, 40];

/**
 * Runs a command of the built dask-fleet in a terminal, in a folder with nothing but train.py.
 *
 * @returns each line that the terminal shows in the end, in runs of one style, and since when, in milliseconds from the start
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
      TERM: "xterm-256color",
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
  const screen = new RecordedScreen(COLUMNS, ROWS);
  // The terminal's size, as terminal-host.py reads it.
  host.stdin.write(`\u{E}${COLUMNS}x${ROWS};`);
  let status = "";
  host.stdout.on("data", (part) => screen.show(part));
  host.stdio[3].setEncoding("utf8").on("data", (part) => (status += part));
  await once(host, "close");
  const lines = await screen.lines();
  if (status.trim() === "0") return lines;
  throw new SetupError(`record: the command ended with ${status.trim()}:\n${lines.map(textOfLine).join("\n")}`);
}
