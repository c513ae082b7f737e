import { expect, test } from "vitest";
import * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";

const schema = z.object(vmFields);

function resolve(options: object, env: Record<string, string> = {}): z.output<typeof schema> {
  return resolveOptions(schema, { section: "cloud", options, env, home: "/nowhere" }).values;
}

test("A proxy is one URL for all protocols, or one for each", () => {
  const url = "http://proxy:3128";
  expect(resolve({ proxy: url }).proxy).toEqual({ http: url, https: url });
  const each = { http: url, https: "https://me:p%40ss@proxy", noProxy: [".example.com", "10.0.0.0/8"] };
  expect(resolve({ proxy: each }).proxy).toEqual(each);
  expect(resolve({}).proxy).toBeUndefined();
});

test("A proxy can come from the environment, in Dask's spelling", () => {
  expect(resolve({}, { DASK_CLOUDPROVIDER__CLOUD__PROXY: "http://proxy:3128" }).proxy?.http).toBe("http://proxy:3128");
  const env = { DASK_CLOUDPROVIDER__CLOUD__PROXY: '{"https": "http://proxy:3128", "no_proxy": [".example.com"]}' };
  expect(resolve({}, env).proxy).toEqual({ https: "http://proxy:3128", noProxy: [".example.com"] });
});

test.each([
  ["proxy:3128"],
  ["socks5://me:hunter2@proxy"],
  [{ http: "me:hunter2" }],
  [{ htp: "http://hunter2" }],
  [{ noProxy: ["hunter2,b"] }],
])("%j is refused as a proxy, and redacted", (proxy) => {
  expect(() => resolve({ proxy })).toThrow(/[`"]proxy/u);
  expect(() => resolve({ proxy })).not.toThrow(/hunter2/u);
});

test("preBootstrap commands are a list", () => {
  expect(resolve({ preBootstrap: ["true"] }).preBootstrap).toEqual(["true"]);
  expect(() => resolve({ preBootstrap: "true" })).toThrow(/preBootstrap/u);
});
