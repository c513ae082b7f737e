import { expect, test } from "vitest";

import { LoggingProxy } from "../support/logging-proxy.ts";
import { Alone, says } from "./alone.ts";
import { labImage } from "./lab/lab-image.ts";
import { GATEWAY } from "./lab/ranges.ts";
import { Upstream } from "./lab/upstream.ts";

const IMAGE = "registry.lab/dask:1";

test(
  "a machine installs and pulls through its proxy, and Dask in the container inherits it",
  { timeout: 240_000 },
  async () => {
    await using alone = await Alone.open();
    await using upstream = await Upstream.open(labImage().upstream);
    await using proxy = await LoggingProxy.start({ address: GATEWAY, upstream: GATEWAY });
    const url = new URL(proxy.url);
    url.username = "me";
    url.password = "p%40ss";
    const machine = await alone.scheduler(11, {
      runtime: "docker",
      dockerImage: IMAGE,
      python: "python3",
      proxy: { http: url.href, https: url.href, noProxy: [".internal.example"] },
      preBootstrap: ["umask 077; echo $https_proxy >/var/lib/before-all"],
    });
    await says(machine, "Scheduler at:", { timeoutMs: 200_000 });
    expect(proxy.log.find((line) => /^GET http:\/\/deb\.debian\.org\/.*Packages/u.test(line))).toBeDefined();
    expect(proxy.log).toContain("CONNECT download.docker.com:443");
    expect(proxy.log).toContain("CONNECT registry.lab:443");
    expect(upstream.log.filter((line) => line.startsWith(machine.input.privateAddress))).toEqual([]);
    const environment = await machine.sh("docker exec dask-node env");
    for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) {
      expect(environment.split("\n")).toContain(`${name}=${url.href}`);
    }
    expect(environment).toMatch(/^NO_PROXY=localhost,127\.0\.0\.1,.*169\.254\.169\.254,.*\.internal\.example$/mu);
    expect(await machine.sh("cat /var/lib/before-all")).toBe(url.href);
    // The password is in no argument list, and in no file that others can read.
    expect(await machine.sh("ps -eo args | grep -c '[p]%40ss' || true")).toBe("0");
    const files =
      "setpriv --reuid=65534 --regid=65534 --clear-groups grep -rlI 'p%40ss' /etc /run /var 2>/dev/null || true";
    expect(await machine.sh(files)).toBe("");
  },
);
