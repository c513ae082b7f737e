import { describe, expect, it } from "vitest";

import { formatAddress, parseAddress } from "../../../src/dask/address.ts";

describe("parseAddress", () => {
  it.each([
    ["tls://34.1.2.3:8786", { scheme: "tls", host: "34.1.2.3", port: 8786 }],
    ["tcp://scheduler.internal:1", { scheme: "tcp", host: "scheduler.internal", port: 1 }],
    ["tls://[2001:db8::1]:65535", { scheme: "tls", host: "2001:db8::1", port: 65_535 }],
  ])("parses %s, and formats it again", (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(parseAddress(text))).toBe(text);
  });

  it.each([
    "",
    "10.0.0.4:8786",
    "ucx://10.0.0.4:8786",
    "tcp://10.0.0.4",
    "tcp://10.0.0.4:0",
    "tcp://10.0.0.4:65536",
    "tcp://::1:8786",
    "tcp://[10.0.0.4]:8786",
    "tcp://user@host:8786",
    "tcp://host:8786/",
    "tcp://host:8786\n",
  ])("refuses %j", (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});
