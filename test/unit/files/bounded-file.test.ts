import { execFileSync } from "node:child_process";
import { closeSync, openSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { readBoundedFile } from "../../../src/files/bounded-file.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { Security } from "../../../src/security/security.ts";
import { faults, folderWith } from "../options/fixture.ts";

const KIBI = 1024;

describe("readBoundedFile", () => {
  it("reads files, links and files that hide their size, up to the limit", () => {
    const folder = folderWith({ full: "x".repeat(2 * KIBI), empty: "" });
    symlinkSync(join(folder, "full"), join(folder, "link"));
    expect(readBoundedFile(join(folder, "link"), 2 * KIBI)).toHaveLength(2 * KIBI);
    expect(readBoundedFile(join(folder, "empty"), KIBI)).toHaveLength(0);
    expect(() => readBoundedFile(join(folder, "full"), KIBI)).toThrow(/^is larger than 1 KiB$/u);
    expect(readBoundedFile("/proc/cpuinfo", 1024 * KIBI).toString()).toMatch(/^processor/u);
    expect(() => readBoundedFile("/proc/self/smaps", KIBI)).toThrow(/^is larger than 1 KiB$/u);
  });

  it("passes on Node's error for a missing file", () => {
    expect(() => readBoundedFile(join(folderWith({}), "none"), KIBI)).toThrow(/ENOENT/u);
  });
});

/** Puts something else in a file's place. */
type Lay = (path: string) => void;

const UNSUITABLE: readonly (readonly [what: string, lay: Lay, says: RegExp])[] = [
  ["a named pipe without a writer", (path) => execFileSync("mkfifo", [path]), /is not a regular file/u],
  ["an endless device", (path) => symlinkSync("/dev/zero", path), /is not a regular file/u],
  ["a file of 100 GB", sparse, /is larger than (?:128 KiB|1 MiB)/u],
];

function sparse(path: string): void {
  closeSync(openSync(path, "w"));
  truncateSync(path, 100e9);
}

function configured(lay: Lay): string[] {
  const home = folderWith({ ".config/dask/other.yaml": "" });
  lay(join(home, ".config/dask/cloudprovider.yaml"));
  return faults(() => resolveOptions(z.object({}), { section: "local", env: {}, home }));
}

describe("Attack by a hostile file: configuration and certificates", () => {
  it.each(UNSUITABLE)("%s is refused as a configuration file, without blocking", (_, lay, says) => {
    const [fault] = configured(lay);
    expect(fault).toMatch(/^The Dask configuration file .*cloudprovider\.yaml is /u);
    expect(fault).toMatch(says);
  });

  it.each(UNSUITABLE)("%s is refused as a certificate, without blocking", (_, lay, says) => {
    const path = join(folderWith({}), "ca.pem");
    lay(path);
    const options = { tlsCaFile: path, tlsClientCert: path, tlsClientKey: path };
    expect(() => new Security(options).check()).toThrow(says);
  });

  it.each([
    [
      "aliases of aliases",
      `a: &a [1,1,1,1,1,1,1,1,1]\n${["b", "c", "d", "e", "f", "g", "h", "i"]
        .map((name, index) => `${name}: &${name} [${`*${"abcdefgh"[index]} ,`.repeat(9)}]\n`)
        .join("")}cloudprovider: [*i ]`,
      /is malformed: Excessive alias count/u,
    ],
    ["lists in lists", `cloudprovider: ${"[".repeat(100 * KIBI)}`, /is malformed: it is nested too deeply/u],
    ["mappings in mappings", `cloudprovider: ${"{a: ".repeat(25 * KIBI)}`, /is malformed: it is nested too deeply/u],
  ])("YAML of %s is refused", (_, yaml, says) => {
    expect(configured((path) => writeFileSync(path, yaml))).toEqual([expect.stringMatching(says)]);
  });

  it("a variable name with thousands of levels is refused", () => {
    const env = { [`DASK_CLOUDPROVIDER${"__A".repeat(30_000)}`]: "1" };
    const [fault] = faults(() => resolveOptions(z.object({}), { section: "local", env, home: folderWith({}) }));
    expect(fault).toMatch(/^The name of the variable DASK_CLOUDPROVIDER__A__A.{0,40}… is nested too deeply\.$/u);
  });
});
