import { expect, test } from "vitest";

import { ToldCluster } from "../../packages/simulated-clouds/test/core/user-data-fixture.ts";
import type { NodeSpec } from "../../src/bootstrap/node-spec.ts";
import { until } from "../support/until.ts";
import { EC2 } from "./clouds/all.ts";
import type { FirstFile } from "./lab/disguise.ts";
import { labImage } from "./lab/lab-image.ts";
import type { LabMachine } from "./lab/lab-machine.ts";
import { Lab } from "./lab/lab.ts";
import { Upstream } from "./lab/upstream.ts";

const LOGIN = "robot:hunter2-of-the-registry";
const BUSY = "10.77.100.11";
const BROKEN = "10.77.100.12";

/** apt-daily, as it is in the first minutes of a new machine: it holds the lists, and then the archives. */
const HOLD = `import fcntl, time
for place in "/var/lib/apt/lists", "/var/cache/apt/archives":
    with open(place + "/lock", "w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        time.sleep(45)
`;
const FILES: Readonly<Record<string, readonly FirstFile[]>> = {
  [BUSY]: [
    { path: "/usr/local/lib/hold.py", content: HOLD },
    {
      path: "/etc/systemd/system/hold.service",
      content: "[Service]\nExecStart=/usr/bin/python3 /usr/local/lib/hold.py\n",
    },
    { path: "/etc/systemd/system/sysinit.target.d/hold.conf", content: "[Unit]\nWants=hold.service\n" },
  ],
  [BROKEN]: [{ path: "/etc/docker/daemon.json", content: '{"log-driver": "journald",}\n' }],
};

test(
  "Docker's installation waits for apt, an image is pulled from a private registry, and a Docker that fails to start says why",
  {
    timeout: 300_000,
  },
  async () => {
    const disguise = Object.assign(EC2.disguise(), {
      files: ({ privateAddress }: { readonly privateAddress: string }) => FILES[privateAddress] ?? [],
    });
    await using lab = await Lab.open(disguise);
    await using upstream = await Upstream.open(labImage().upstream, LOGIN);
    const told = new ToldCluster("alone", {
      runtime: "docker",
      dockerImage: "registry.lab/dask:1",
      python: "python3",
      startTimeoutMs: 280_000,
      // docs/private-registries.md
      extraBootstrap: ["docker login --username robot --password-stdin registry.lab <<<'hunter2-of-the-registry'"],
    });
    const boot = async (id: string, privateAddress: string, spec: Partial<NodeSpec> = {}): Promise<LabMachine> => {
      const hostname = `ip-${privateAddress.replaceAll(".", "-")}.ec2.internal`;
      const userData = Buffer.from(told.scheduler(spec));
      return await lab.boot({ id, hostname, instanceId: id, privateAddress, userData, admits: () => true });
    };
    const [busy, broken] = await Promise.all([
      boot("i-00000000000000011", BUSY),
      boot("i-00000000000000012", BROKEN, { autoShutdown: false }),
    ]);
    const says = async (machine: LabMachine, words: string, timeoutMs: number): Promise<string> => {
      let console = "";
      const heard = async (): Promise<boolean> => (console = await machine.console()).includes(words);
      await until(`the console to say ${words}`, heard, timeoutMs, () => console.slice(-3000));
      return console;
    };

    const why =
      "waiting for Docker: Docker does not start: unable to configure the Docker daemon with file /etc/docker/daemon.json: ";
    expect(await says(broken, "dask-fleet: gave up: ", 150_000)).toContain(
      `dask-fleet: gave up: ${why}invalid character`,
    );
    expect(await says(broken, "is over: ", 30_000)).toMatch(
      /this machine's part in alone is over: bootstrap failed: bootstrap-docker\.sh/u,
    );

    const console = await says(busy, "Scheduler at:", 250_000);
    expect(console).toMatch(/Could not get lock \/var\/lib\/apt\/lists\/lock\. .* \(python3\); another try in \d+ s/u);
    expect(upstream.log).toContain(`${BUSY} GET registry.lab/v2/dask/manifests/1 200`);
    expect(upstream.log.filter((line) => line.startsWith(BUSY) && line.endsWith(" 401"))).not.toEqual([]);
    expect(console).not.toContain("hunter2");
    expect(await busy.sh("journalctl --boot | grep -c hunter2 || true")).toBe("0");
    // Nothing upgrades Docker under the scheduler.
    expect(
      await busy.sh("systemctl start apt-daily.service; systemctl show apt-daily.service -P ConditionResult"),
    ).toBe("no");
  },
);
