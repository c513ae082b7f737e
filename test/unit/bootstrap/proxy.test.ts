import { expect, test } from "vitest";

import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { buildUserData, previewUserData } from "../../../src/bootstrap/user-data.ts";
import { fakeSpec } from "./fake-spec.ts";

const PROXY = {
  http: "http://me:hunter2@proxy:3128",
  https: "http://me:hunter2@proxy:3129",
  noProxy: [".example.com"],
};
const NEVER =
  "localhost,127.0.0.1,::1,169.254.169.254,fd00:ec2::254,168.63.129.16,metadata.google.internal,10.0.0.4,.example.com";

function content(spec: NodeSpec, end: string): string | undefined {
  return nodeFiles(spec).find(({ path }) => path.endsWith(end))?.content;
}

test("A proxy is set for scripts, Docker and Dask, in both spellings of the variables, and bypassed for the scheduler", () => {
  const spec = fakeSpec("worker", { proxy: PROXY });
  expect(content(spec, "/proxy.env")).toBe(
    [
      `http_proxy='${PROXY.http}'`,
      `HTTP_PROXY='${PROXY.http}'`,
      `https_proxy='${PROXY.https}'`,
      `HTTPS_PROXY='${PROXY.https}'`,
      `no_proxy='${NEVER}'`,
      `NO_PROXY='${NEVER}'`,
      "",
    ].join("\n"),
  );
  expect(content(spec, "dask-fleet-proxy.conf")).toBe("[Service]\nEnvironmentFile=-/etc/dask-fleet/proxy.env\n");
  expect(content(spec, "/user.env")).toContain(`HTTPS_PROXY='${PROXY.https}'`);
  expect(content(spec, "/node.env")).toContain("'HTTPS_PROXY'");
  expect(nodeFiles(spec).find(({ path }) => path.endsWith("/proxy.env"))?.mode).toBe("0600");
});

test("The caller's own variable wins in Dask's environment", () => {
  const spec = fakeSpec("worker", { proxy: PROXY, envVars: { HTTPS_PROXY: "http://other:1" } });
  expect(content(spec, "/user.env")).toContain("HTTPS_PROXY='http://other:1'");
  expect(content(spec, "/proxy.env")).toContain(`HTTPS_PROXY='${PROXY.https}'`);
});

test("Without a proxy nothing is written, and without Docker nothing for Docker", () => {
  expect(content(fakeSpec("worker"), "/proxy.env")).toBeUndefined();
  expect(content(fakeSpec("worker", { proxy: PROXY, runtime: "native" }), "dask-fleet-proxy.conf")).toBeUndefined();
});

test("Previews redact the proxy and the commands before the bootstrap", () => {
  const spec = fakeSpec("worker", { proxy: PROXY, preBootstrap: ["curl -u me:hunter2 https://mirror"] });
  const userData = buildUserData(spec, { limitBytes: 1e6, gzip: true, where: "a test" });
  expect(userData.text).toContain("hunter2");
  expect(previewUserData(userData)).not.toContain("hunter2");
  expect(previewUserData(userData)).toContain("bootstrap-pre.sh");
});

test.each(["http://a b:1", "http://it's:1", "http://$HOME:1", "http://a\nb:1"])("%j is refused as a proxy", (http) => {
  expect(() => nodeFiles(fakeSpec("worker", { proxy: { http } }))).toThrow(/proxy: write blanks, quotes/u);
});
