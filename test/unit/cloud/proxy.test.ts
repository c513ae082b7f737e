import { beforeEach, describe, expect, test, vi } from "vitest";

import { proxyAgent, proxyFor, throughProxy } from "../../../src/cloud/api/proxy.ts";

beforeEach(() => {
  for (const name of ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"])
    for (const each of [name, name.toLowerCase()]) vi.stubEnv(each, undefined);
});

const EC2 = "https://ec2.us-east-1.amazonaws.com";

describe("the proxy for a URL", () => {
  test.each<[variables: Readonly<Record<string, string>>, target: string, proxy: string | undefined]>([
    [{}, EC2, undefined],
    [{ HTTPS_PROXY: "http://p:3128" }, EC2, "http://p:3128/"],
    [{ https_proxy: "https://p" }, EC2, "https://p/"],
    [{ HTTP_PROXY: "http://p:3128" }, EC2, undefined],
    [{ HTTP_PROXY: "http://p:3128" }, "http://localhost:4566", "http://p:3128/"],
    [{ ALL_PROXY: "http://p:3128", HTTP_PROXY: "http://q:1" }, EC2, "http://p:3128/"],
    [{ HTTPS_PROXY: "http://p:3128", NO_PROXY: "localhost,.amazonaws.com" }, EC2, undefined],
    [{ HTTPS_PROXY: "http://p:3128", NO_PROXY: "*" }, EC2, undefined],
    [{ HTTPS_PROXY: "http://p:3128", NO_PROXY: "127.0.0.1" }, EC2, "http://p:3128/"],
    [{ HTTPS_PROXY: "" }, EC2, undefined],
    ...["::1", "[::1]", "localhost, 0:0:0:0:0:0:0:1"].map(
      (NO_PROXY): [Readonly<Record<string, string>>, string, string | undefined] => [
        { ALL_PROXY: "http://p:3128", NO_PROXY },
        "http://[::1]:4566/",
        undefined,
      ],
    ),
    [{ ALL_PROXY: "http://p:3128", NO_PROXY: "::2" }, "http://[::1]:4566/", "http://p:3128/"],
    // Metadata services answer only on the machine itself.
    [{ ALL_PROXY: "http://p:3128" }, "http://169.254.169.254/latest", undefined],
    [{ ALL_PROXY: "http://p:3128" }, "http://169.254.170.2/v2", undefined],
    [{ ALL_PROXY: "http://p:3128" }, "http://[fd00:ec2::254]/latest", undefined],
    [{ ALL_PROXY: "http://p:3128" }, "http://[fd20:ce::254]/computeMetadata", undefined],
  ])("%j: %s by %s", (variables, target, proxy) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(proxyFor(target)?.href).toBe(proxy);
  });
});

test("a proxy is named without its credentials", () => {
  vi.stubEnv("HTTPS_PROXY", "http://me:hunter2@proxy.example.com:3128");
  expect(throughProxy(EC2)).toBe(" through the proxy http://proxy.example.com:3128");
  vi.stubEnv("NO_PROXY", ".amazonaws.com");
  expect(throughProxy(EC2)).toBe("");
});

test.each(["socks5://me:hunter2@p:1080", "http://me:hunter2@p:port", "ftp://me:hunter2@p"])(
  "%s is refused",
  (proxy) => {
    vi.stubEnv("https_proxy", proxy);
    const ask = (): unknown => proxyFor(EC2);
    expect(ask).toThrow(/^The variable https_proxy must be the URL of an HTTP proxy/);
    expect(ask).not.toThrow("hunter2");
  },
);

test("without a variable, Node's default agents are used", async () => {
  expect(await proxyAgent()).toBeUndefined();
  vi.stubEnv("ALL_PROXY", "http://p:3128");
  expect(await proxyAgent()).toBeDefined();
});
