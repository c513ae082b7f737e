import { expect, test } from "vitest";

import { type Surroundings, runStep } from "./step.ts";

const systemctl = (version: string, updates = ""): string => `case "$*" in
  --version) echo "systemd ${version}" ;;
  *list-units*) ${updates} ;;
  *is-system-running*) echo running ;;
esac`;
const OFF = "/etc/systemd/system/apt-daily-upgrade.service.d/dask-fleet.conf";

async function first(surroundings: Surroundings, after = "true") {
  return await runStep(`bash $LIB/bootstrap-machine.sh && ${after}`, surroundings);
}

test.concurrent.each([
  ["219 (219-62.amzn2)", /^this machine's systemd is 219, and 235 is the oldest that works: use a newer image\n$/u],
  ["234", /systemd is 234/u],
  ["", /systemd is of an unknown version/u],
])("systemd %s is too old", async (version, reason) => {
  const ran = await first({ commands: { systemctl: systemctl(version) } });
  expect(ran.reason).toMatch(reason);
  expect(ran.status).toBe(78);
});

test.concurrent("automatic updates stop, and stay off across reboots while the machine is ours", async () => {
  const ran = await first({ commands: { systemctl: systemctl("257.1-2") } }, `cat ${OFF}; ls /etc/systemd/system`);
  expect(ran).toMatchObject({ status: 0, reason: undefined });
  expect(ran.output).toContain("[Unit]\nConditionPathExists=!/etc/dask-fleet/node.env\n");
  for (const unit of ["apt-daily.timer", "apt-daily.service", "dnf-automatic.timer", "packagekit.service"]) {
    expect(ran.output).toContain(`${unit}.d`);
  }
  const stop = ran.calls.find((call) => call.startsWith("systemctl stop"));
  expect(stop).toMatch(/apt-daily\.timer apt-daily-upgrade\.timer/u);
  // A service that runs is not killed in the middle of a package.
  expect(stop).not.toMatch(/apt-daily(?:-upgrade)?\.service/u);
});

test.concurrent("they stay on if requested, and never restart the node", async () => {
  const files = {
    "/etc/dask-fleet/node.env": "DASK_FLEET_AUTO_UPDATES='1'\n",
    "/etc/needrestart/needrestart.conf": "",
  };
  const look = "ls /etc/systemd/system; cat /etc/needrestart/conf.d/dask-fleet.conf";
  const ran = await first({ commands: { systemctl: systemctl("252") }, files }, look);
  expect(ran).toMatchObject({ status: 0, calls: ["systemctl --version"] });
  expect(ran.output).toBe("$nrconf{override_rc}->{qr(^(dask-|docker|containerd))} = 0; 1;\n");
});

test.concurrent("an upgrade under way is waited for", async () => {
  const updates = `n=$(grep -c list-units "$MACHINE/calls"); if ((n < 3)); then echo "apt-daily-upgrade.service loaded active"; fi`;
  const ran = await first({ commands: { systemctl: systemctl("252", updates) }, seconds: 300 });
  expect(ran.status).toBe(0);
  expect(ran.output).toBe(
    "dask-fleet: waiting for the machine's automatic updates to end (apt-daily-upgrade.service)\n",
  );
  expect(ran.seconds).toBeGreaterThan(3);
});

test.concurrent("but not for ever", async () => {
  const updates = `echo "apt-daily.service loaded activating"`;
  const ran = await first({ commands: { systemctl: systemctl("252", updates) }, seconds: 8 });
  expect(ran).toMatchObject({ status: 0, reason: undefined });
  expect(ran.output).toContain("(apt-daily.service) are still under way: going on beside them");
  expect(ran.seconds).toBeLessThan(30);
});
