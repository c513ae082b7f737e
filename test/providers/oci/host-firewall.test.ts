import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { openHostFirewall } from "../../../providers/oci/machines/host-firewall.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs the command where only these programs exist. Each appends its arguments to a log. */
function run(programs: Readonly<Record<string, string>>): { readonly log: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), "dask-fleet-host-firewall-"));
  folders.push(folder);
  const log = join(folder, "log");
  writeFileSync(log, "");
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/bash\necho "${name} $*" >>"${log}"\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  // `sed` would edit this computer's own rules.
  const env = { PATH: folder };
  execFileSync("/bin/bash", ["--norc", "-e", "-c", openHostFirewall], { env, stdio: ["ignore", "ignore", "pipe"] });
  return { log: readFileSync(log, "utf8").trim().split("\n").filter(Boolean) };
}

test("what rejects is taken out of both chains until there is none left", () => {
  const reject = "-j REJECT --reject-with icmp-host-prohibited";
  // Each chain has one such rule.
  const iptables = 'if [ -e "$0.$2" ]; then exit 1; fi; : >"$0.$2"';
  const { log } = run({ iptables, sed: "", systemctl: "exit 1" });
  expect(log.filter((line) => line.startsWith("iptables"))).toEqual(
    ["INPUT", "INPUT", "FORWARD", "FORWARD"].map((chain) => `iptables -D ${chain} ${reject}`),
  );
});

test("Oracle Linux' firewalld is stopped, and one that is off stays so", () => {
  const on = run({ iptables: "exit 1", sed: "", systemctl: "" }).log.filter((line) => line.startsWith("systemctl"));
  expect(on).toEqual(["systemctl is-enabled --quiet firewalld", "systemctl disable --now firewalld"]);
  const off = run({ iptables: "exit 1", sed: "", systemctl: "exit 1" }).log;
  expect(off.filter((line) => line.startsWith("systemctl"))).toHaveLength(1);
});

test("an image without a firewall boots all the same", () => {
  expect(run({ sed: "" }).log).toEqual([]);
});
