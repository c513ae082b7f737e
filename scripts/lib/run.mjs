import { spawn } from "node:child_process";
import { constants } from "node:os";

import { SetupError, pathWithTools, say } from "./project.mjs";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command to its end, handing on the signals that this process gets.
 *
 * @returns its exit code, or 128 and the signal's number, as a shell has it, and with `quiet` its output (standard output also by itself).
 */
export async function run(command, args, { quiet = false, env = {}, cwd } = {}) {
  const child = spawn(command, args, {
    cwd,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    env: { ...process.env, PATH: pathWithTools(), ...env },
  });
  let [stdout, output] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (chunk) => {
    stdout += chunk;
    output += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    output += chunk;
  });
  const forward = (signal) => {
    // In a terminal, Ctrl-C reaches the child by itself; a second one would make it give up its own cleaning.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const { code, signal } = await ended(child, command);
    return { code: code ?? 128 + (constants.signals[signal] ?? 0), stdout, output };
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

/** Runs a command whose messages matter only when it fails. Its standard output is returned. */
export async function runQuietly(what, command, args, options = {}) {
  const { code, stdout, output } = await run(command, args, { ...options, quiet: true });
  if (code === 0) return stdout;
  say(output.trimEnd());
  throw new SetupError(`${what} failed: \`${[command, ...args].join(" ")}\` ended with code ${code}.`);
}

function ended(child, command) {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(error.code === "ENOENT" ? new SetupError(`${command}: command not found`) : error);
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}
