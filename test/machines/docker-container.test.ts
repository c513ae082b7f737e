import { expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { until } from "../support/until.ts";
import { EC2 } from "./clouds/all.ts";
import { labImage } from "./lab/lab-image.ts";
import { Upstream } from "./lab/upstream.ts";
import { COMPUTE } from "./programs.ts";
import { RealWorld } from "./real-world.ts";

/** Docker 29 starts containers so. */
const FEW_FILES = '{"default-ulimits":{"nofile":{"Name":"nofile","Soft":1024,"Hard":1024}}}';

/** A task with 1,500 sockets, a look at /dev/shm, and 4 MB for the console. */
const NEEDS = `
import json, sys
from distributed import Client
def needs():
    import os, socket, sys
    pairs = [socket.socketpair() for _ in range(750)]
    for pair in pairs:
        for each in pair: each.close()
    shm = os.statvfs("/dev/shm")
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) * 1024
    for _ in range(4096):
        sys.stderr.write("x" * 1023 + "\\n")
    print("the last line", file=sys.stderr, flush=True)
    return {"uid": os.getuid(), "sockets": 2 * len(pairs), "shm": round(shm.f_frsize * shm.f_blocks / memory, 2)}
with Client(timeout=30) as client:
    json.dump(client.submit(needs).result(timeout=60), open(sys.argv[1], "w"))
`;

ownState();

test(
  "a container with its own user has the files, shared memory and keys that Dask needs, and outlives Docker's daemon",
  { timeout: 240_000 },
  async () => {
    await using real = await RealWorld.open(EC2);
    await using _upstream = await Upstream.open(labImage().upstream);
    const cluster = real.cluster({
      nWorkers: 1,
      runtime: "docker",
      bootstrap: true,
      dockerImage: "registry.lab/dask:1",
      dockerArgs: ["--user", "nobody"],
      extraBootstrap: [
        `mkdir -p /etc/docker; echo '${FEW_FILES}' >/etc/docker/daemon.json`,
        "systemctl restart docker",
      ],
      startTimeoutMs: 150_000,
      lostWorkerTimeoutMs: 120_000,
      python: "python3",
    });
    await cluster.start();
    const [worker] = real.workers;
    if (worker === undefined) throw new Error("There is no worker");
    expect(JSON.parse(await real.python.run(cluster, NEEDS))).toEqual({ uid: 65_534, sockets: 1500, shm: 0.5 });

    await until("the console to have it all", async () =>
      (await worker.sh("journalctl -u dask-node -o cat | tail -n 50")).includes("the last line"),
    );
    expect(await worker.sh("journalctl -u dask-node -o cat | grep -c '^xx*$'")).toBe("4096");
    expect(Number(await worker.sh("du --bytes --summarize /var/lib/docker/containers | cut -f 1"))).toBeLessThan(
      100_000,
    );
    expect(await worker.sh("stat --format '%n %a %U' /run/dask-fleet/tls /run/dask-fleet/tls/*")).toBe(
      ["tls 700", "tls/ca.pem 400", "tls/cert.pem 400", "tls/key.pem 400"]
        .map((line) => `/run/dask-fleet/${line} nobody`)
        .join("\n"),
    );
    expect(await worker.sh("stat --format '%a %s' /run/dask-fleet/words* 2>/dev/null || true")).toMatch(
      /^(?:600 \d+)?$/u,
    );

    await worker.sh("systemctl restart docker", 60_000);
    await until("the worker to be started again", async () =>
      /dask-fleet: (?:Docker has ended the worker|the worker ended with status [1-9])/u.test(await worker.console()),
    );
    await real.joined(cluster, 1);
    expect((await real.python.run(cluster, COMPUTE)).split(" ")[0]).toBe("328350");
    expect(await worker.sh("systemctl show dask-node --property=NRestarts --value")).toBe("0");

    await worker.sh("systemctl stop dask-node", 60_000);
    expect(await worker.sh("ls /run/dask-fleet")).not.toContain("tls");
    await cluster.close();
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  },
);
