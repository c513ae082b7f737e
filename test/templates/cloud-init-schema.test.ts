import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { NodeSpec } from "../../src/bootstrap/node-spec.ts";
import { buildUserData } from "../../src/bootstrap/user-data.ts";
import { daskPython } from "../support/python.ts";
import { HOSTILE } from "../unit/bootstrap/bash.ts";
import { fakeSpec } from "../unit/bootstrap/fake-spec.ts";

const SPECS: readonly (readonly [string, NodeSpec])[] = [
  ["scheduler", fakeSpec("scheduler")],
  ["worker", fakeSpec("worker", { gpu: true, extraBootstrap: ["true"] })],
  ["plain", fakeSpec("scheduler", { security: undefined, runtime: "native" })],
  ["hostile", fakeSpec("worker", { envVars: Object.fromEntries(HOSTILE.map((value, i) => [`V${i}`, value])) })],
];

const matrix = SPECS.flatMap(([name, spec]) => [true, false].map((gzip) => ({ name, spec, gzip })));

/** What cloud-init's own write_files does, in the Python and with the YAML reader that it uses. */
const DECODE = `
import base64, gzip, json, sys, yaml
document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
decoders = {None: str.encode, "b64": base64.b64decode, "gz+b64": lambda text: gzip.decompress(base64.b64decode(text))}
print(json.dumps({f["path"]: [f["permissions"], decoders[f.get("encoding")](f["content"]).decode()] for f in document["write_files"]}))
`;

test.each(matrix)("cloud-init accepts the $name user data (gzip: $gzip)", ({ spec, gzip }) => {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-schema-"));
  try {
    const { text, files } = buildUserData(spec, { limitBytes: 1e6, gzip, where: "a test" });
    const file = join(directory, "user-data");
    writeFileSync(file, text);
    const schema = spawnSync("cloud-init", ["schema", "-c", file], { encoding: "utf8" });
    expect({ error: schema.error, status: schema.status, stderr: schema.stderr }).toEqual({
      error: undefined,
      status: 0,
      stderr: "",
    });
    const decoded = spawnSync(daskPython(), ["-c", DECODE, file], { encoding: "utf8", maxBuffer: 1e8 });
    expect(decoded.stderr).toBe("");
    expect(JSON.parse(decoded.stdout)).toEqual(
      Object.fromEntries(files.map(({ path, mode, content }) => [path, [mode, content]])),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
