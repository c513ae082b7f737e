import { expect, test } from "vitest";
import * as z from "zod";

import { publicAddresses, vmFields } from "../../../src/cloud/cloud-schema.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";

const schema = z.object(vmFields);

function resolve(options: object, env: Record<string, string> = {}): z.output<typeof schema> {
  return resolveOptions(schema, { section: "cloud", options, env, home: "/nowhere" }).values;
}

test.each(["0.0.0.0/0", "203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32", "::/0"])("%s is an address range", (range) => {
  expect(resolve({ allowedCidrs: [range] }).allowedCidrs).toEqual([range]);
});

test.each([
  "203.0.113.7",
  "203.0.113.7/33",
  "203.0.113/24",
  "2001:db8::/129",
  "fe80::1%eth0/64",
  "any",
  "10.0.0.0/8/8",
  "10.0.0.0/",
  "10.0.0.0/-1",
  "10.0.0.0/1e1",
])("%s is refused as an address range", (range) => {
  expect(() => resolve({ allowedCidrs: [range] })).toThrow(/allowedCidrs.*CIDR/);
});

test("An empty list of ranges would lock everyone out, and is refused", () => {
  expect(() => resolve({ allowedCidrs: [] })).toThrow(/allowedCidrs/);
});

test("false, 0 and an empty string are values", () => {
  const values = resolve(
    { bootstrap: false, dockerArgs: "", spot: false, listLagMs: 0 },
    { DASK_CLOUDPROVIDER__CLOUD__PUBLIC_IP: "False", DASK_CLOUDPROVIDER__CLOUD__API_RETRIES: "0" },
  );
  expect(values).toMatchObject({
    bootstrap: false,
    dockerArgs: [],
    spot: false,
    listLagMs: 0,
    publicIp: false,
    apiRetries: 0,
  });
});

test.each([
  [true, true, [true, true]],
  [false, true, [false, false]],
  [true, false, [true, false]],
  [false, false, [false, false]],
])(
  "publicIp %s and workerPublicIp %s: public addresses of scheduler and workers are %j",
  (scheduler, workers, result) => {
    const options = { publicIp: scheduler, workerPublicIp: workers };
    expect(Object.values(publicAddresses(options))).toEqual(result);
  },
);

test.each(["ftp://example.org/", "checkip", "https://user:hunter2@example.org/", "https://token@example.org/"])(
  "%s is refused as a URL, and redacted",
  (endpoint) => {
    const refused = (): unknown => resolve({ endpoint });
    expect(refused).toThrow(/`endpoint` option to be a URL/);
    expect(refused).not.toThrow(/hunter2|token@/);
  },
);

test("A string of docker arguments is split as by a shell; a list is kept", () => {
  const text = `--shm-size 1g -e TOKEN="abc def"`;
  expect(resolve({ dockerArgs: text }).dockerArgs).toEqual(["--shm-size", "1g", "-e", "TOKEN=abc def"]);
  const variable = { DASK_CLOUDPROVIDER__CLOUD__DOCKER_ARGS: text };
  expect(resolve({}, variable).dockerArgs).toEqual(["--shm-size", "1g", "-e", "TOKEN=abc def"]);
  expect(resolve({ dockerArgs: ["$HOME", "a b"] }).dockerArgs).toEqual(["$HOME", "a b"]);
});

test.each(["-e TOKEN=hunter2$X", "-e 'TOKEN=hunter2", "-e TOKEN=hunter2; id"])(
  "docker arguments that need a shell are refused, and redacted: %s",
  (dockerArgs) => {
    const message =
      /`dockerArgs` option to be a list of strings, one for each argument: .* got \[redacted\] \(string\)$/;
    expect(() => resolve({ dockerArgs })).toThrow(message);
    expect(() => resolve({ dockerArgs })).not.toThrow(/hunter2/);
  },
);
