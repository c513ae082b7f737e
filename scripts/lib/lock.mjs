import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimes, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { say } from "./project.mjs";

const HEARTBEAT_MS = 5000;
const VOID_AFTER_MS = 180_000;

/** Does `work` while no other process that uses the same lock file does; the lock of a dead process is void. */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!take(file)) {
    const holder = holderOf(file);
    if (holder === undefined) continue;
    if (!isAlive(file, holder)) {
      discard(file, holder);
      continue;
    }
    if (!told) say(`set-up: waiting for process ${holder}, which is doing the same (${file})`);
    told = true;
    await sleep(200);
  }
  const heartbeat = setInterval(() => utimes(file, new Date(), new Date(), () => {}), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(file, { force: true });
  }
}

/** A link appears together with its content, so that a lock never lacks its holder. */
function take(file) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

function holderOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** A process id may have been given to another process since: hence the heartbeat. */
function isAlive(file, holder) {
  try {
    return Date.now() - statSync(file).mtimeMs < VOID_AFTER_MS && process.kill(Number(holder), 0);
  } catch (error) {
    return error.code === "EPERM" || error.code === "ENOENT";
  }
}

/** Moves the dead lock away first: if another process was faster, and it is a live one that was moved, it goes back. */
function discard(file, deadHolder) {
  const aside = `${file}.void.${process.pid}`;
  try {
    renameSync(file, aside);
    if (holderOf(aside) !== deadHolder) linkSync(aside, file);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
