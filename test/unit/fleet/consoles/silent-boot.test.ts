import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { Consoles } from "../../../../src/fleet/consoles/consoles.ts";
import { silentEndIn, troublesOfBoot } from "../../../../src/fleet/consoles/silent-boot.ts";

/** Output of cloud-init 22.4 and 25.1 in the lab (test/machines). */
const REAL = new URL("real-consoles/", import.meta.url);
const real = (name: string): string => readFileSync(new URL(`${name}.txt`, REAL), "utf8");

test.each([
  ["22.4-no-bash", /bash: not found; .*Failed to run module scripts-user/u],
  ["25.1-no-bash", /bash: not found; .*Failed to run module scripts-user/u],
  ["22.4-read-only-usr", /write-files failed; .*machine\.sh: No such file or directory; .*scripts-user/u],
  ["22.4-no-metadata", /Datasource DataSourceNone.*Used fallback datasource/u],
  ["22.4-bad-yaml", /Failed loading yaml blob.*Failed at merging in cloud config part/u],
  ["22.4-not-a-config", /Unhandled non-multipart/u],
])("The console of a machine whose cloud-init never ran our script explains why: %s", (name, why) => {
  const end = silentEndIn(real(name));
  expect(end?.reason).toMatch(/^its boot ended without a word from dask-fleet: /u);
  expect(end?.reason).toMatch(why);
  expect(end?.reason).not.toMatch(/resizefs|ssh_pwauth|<module/u);
});

test.each(readdirSync(REAL).map((file) => file.replace(".txt", "")))(
  "No prefix of a real console counts as silent before cloud-init's end: %s",
  (name) => {
    const lines = real(name).split("\n");
    const end = lines.findIndex((line) => /Cloud-init v\. \S+ finished at/u.test(line));
    expect(end).toBeGreaterThan(100);
    for (let shown = 0; shown <= end; shown += 1) {
      expect(silentEndIn(lines.slice(0, shown).join("\n"))).toBeUndefined();
    }
    const isGood = name.endsWith("good");
    for (let shown = end + 1; shown <= lines.length; shown += 1) {
      expect(silentEndIn(lines.slice(0, shown).join("\n")) === undefined).toBe(isGood);
    }
  },
);

const BOOT = "[    0.000000] Linux version 6.1.0\n";
const OURS = "[   21.4] cloud-init[803]: dask-fleet: bootstrap: bootstrap-docker.sh\n";
const FINISHED =
  "[   25.1] cloud-init[803]: Cloud-init v. 24.1 finished at Sun. Datasource DataSourceEc2Local.  Up 25 seconds\n";
const LOCALE = "cloud-init[7]: 2026-11-29 17:40:02,401 - util.py[WARNING]: Failed to run module locale\n";
const UP = "[  OK  ] Reached target \u001B[0;1;39mmulti-user.target\u001B[0m - Multi-User System.\n";
const PANIC = "[   30.0] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled\n";
const DEAD = /^the machine is dead: /u;
const SILENT = /^its boot ended without a word from dask-fleet: /u;

test.each([
  ["a kernel panic, even after our output", `${BOOT}${OURS}${PANIC}`, DEAD],
  ["an emergency shell", `${BOOT}You are in emergency mode. After logging in, type "journalctl -xb"\n`, DEAD],
  ["a prompt for the root password", `${BOOT}Give root password for maintenance\n`, DEAD],
  ["an initramfs without its root", `${BOOT}Gave up waiting for root file system device.\n`, DEAD],
  ["a silent power-off", `${BOOT}[  OK  ] Reached target poweroff.target - System Power Off.\n`, DEAD],
  ["a killed cloud-init", `${BOOT}[ 9.1] Out of memory: Killed process 812 (cloud-init) total-vm:1kB\n`, SILENT],
  [
    "a stage that systemd failed to run",
    `${BOOT}[FAILED] Failed to start cloud-fina… Execute cloud user/final scripts.\n`,
    SILENT,
  ],
  [
    "Bottlerocket",
    "[ 11.8] early-boot-config[2778]: Provider error: Error parsing TOML user data: expected a table key\n" +
      "[FAILED] Failed to start Bottlerocket userdata configuration system.\n",
    /Error parsing TOML user data.*Failed to start Bottlerocket/u,
  ],
  ["Flatcar", "[ 4.2] ignition[602]: Ignition failed: not a config (found #cloud-config)\n", /not a config/u],
  ["an image without cloud-init", `${BOOT}${UP}\nhost login: `, SILENT],
  [
    "a cloud-init that ran our first command, and then failed to write our files",
    `${BOOT}cloud-init[7]: dask-fleet: this disk was another machine's: what that one was told is removed\n${FINISHED}`,
    SILENT,
  ],
  ["a second boot that ends silently", `${BOOT}${FINISHED}${BOOT}${FINISHED}`, SILENT],
])("A silent boot is detected in %s", (_, log, reason) => {
  expect(silentEndIn(log)?.reason).toMatch(reason);
});

test.each([
  ["nothing", ""],
  ["an unreadable console", "a droplet's console is read in DigitalOcean's control panel"],
  ["our output before cloud-init's end", `${BOOT}${OURS}${LOCALE}${FINISHED}`],
  ["our output after it", `${BOOT}${LOCALE}${FINISHED}${OURS}`],
  [
    "our output, interrupted by the kernel",
    `${BOOT}cloud-init[8]: dask-fl[   21.400000] random: crng init done\neet: x\n${FINISHED}`,
  ],
  ["our unit waiting for the network", `${FINISHED}[  OK  ] Started dask-node.service - Dask node of dask-fleet.\n`],
  ["our output in an earlier boot", `${BOOT}${OURS}${BOOT}${FINISHED}`],
  ["a boot after one that ended silently", `${BOOT}${FINISHED}${BOOT}[    1.0] usb 1-1: new device\n`],
  ["a boot after a panic", `${BOOT}${PANIC}${BOOT}`],
  ["a failed module while others continue", `${BOOT}${LOCALE}`],
  ["a system that is up before cloud-init ends", `${BOOT}Starting cloud-init-local.service\n${UP}host login: `],
  ["a serial console with only a kernel and a prompt", `${BOOT}\nhost login: `],
  ["a console whose beginning is truncated", `${"Get:1 http://mirror.example.com\n".repeat(2400)}${FINISHED}`],
])("No silent boot is detected in %s", (_, log) => {
  expect(silentEndIn(log)).toBeUndefined();
});

test("A truncated console that shows the start of the final stage proves silence", () => {
  const noise = "Get:1 http://mirror.example.com\n".repeat(2400);
  expect(silentEndIn(`${noise}Cloud-init v. 24.1 running 'modules:final'\n${FINISHED}`)?.reason).toMatch(SILENT);
  expect(silentEndIn(`${noise}${FINISHED.replace("DataSourceEc2Local", "DataSourceNone")}`)?.reason).toMatch(SILENT);
});

test("A failed module does not end the boot while our script writes, and is part of the reason if the start fails otherwise", () => {
  const log = `${LOCALE}${OURS}${"pulling\n".repeat(30)}`;
  expect(troublesOfBoot(log)).toEqual(["util.py[WARNING]: Failed to run module locale"]);
  const consoles = new Consoles({ clusterName: "dask-1", provider: { console: async () => log } });
  expect(consoles.endOf(log)).toMatch(
    /^\nConsole output \(boot\):\n {2}\| util\.py\[WARNING\]: Failed to run module locale\nConsole output \(last lines\):\n {2}\| pulling/u,
  );
  expect(consoles.endOf(LOCALE)).not.toContain("(boot)");
});
