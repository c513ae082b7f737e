import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import { cloudConfig } from "../../../src/bootstrap/cloud-config.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { buildUserData, previewUserData } from "../../../src/bootstrap/user-data.ts";
import { HOSTILE } from "./bash.ts";
import { fakeSpec } from "./fake-spec.ts";

const EC2 = { limitBytes: 16_384, gzip: true, where: "EC2" };
const PLAIN = { limitBytes: 65_536, gzip: false, where: "DigitalOcean" };

interface WrittenFile {
  readonly path: string;
  readonly permissions: string;
  readonly encoding?: string;
  readonly content: string;
}

/** The files' content as cloud-init decodes them. */
function written(text: string): Record<string, string> {
  const { write_files: files } = parse(text, { version: "1.1" }) as { write_files: WrittenFile[] };
  return Object.fromEntries(
    files.map(({ path, encoding, content }) => {
      const bytes = Buffer.from(content, encoding === undefined ? "utf8" : "base64");
      return [path, (encoding === "gz+b64" ? gunzipSync(bytes) : bytes).toString()];
    }),
  );
}

/** A realistic user's options. */
const realistic: Partial<NodeSpec> = {
  envVars: {
    EXTRA_PIP_PACKAGES: "s3fs==2026.7.0 xgboost pyarrow scikit-learn",
    AWS_DEFAULT_REGION: "eu-central-1",
    SETTINGS: JSON.stringify(
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`setting${i}`, `value ${i * 7919}`])),
    ),
    TOKEN: "hunter2-is-a-secret",
  },
  dockerArgs: ["--shm-size=1g", "--env", "INNER=hunter2-inner", "--env=OUTER=hunter2-outer", "-eCLOSE=hunter2-close"],
  extraBootstrap: ["docker login -u me -p hunter2-login registry.example.com"],
  idleTimeoutMs: 1_800_000,
  expiresAt: new Date("2027-01-01T00:00:00Z"),
  autoShutdown: true,
};

describe("user data", () => {
  test.each(["scheduler", "worker"] as const)("of a %s with TLS fits well within EC2's limit", (role) => {
    const userData = buildUserData(fakeSpec(role, realistic), EC2);
    expect(userData.sentBytes).toBeLessThan(15_500);
    expect(gunzipSync(userData.bytes).toString()).toBe(userData.text);
    expect(userData.rawBytes).toBe(Buffer.byteLength(userData.text));
  });

  test("is byte-identical for the same spec, without gzip's time and system", () => {
    const [one, two] = [1, 2].map(() => Buffer.from(buildUserData(fakeSpec("worker", realistic), EC2).bytes));
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
    expect([...(one?.subarray(4, 8) ?? []), one?.[9]]).toEqual([0, 0, 0, 0, 255]);
  });

  test("is plain text with long files compressed inside, for clouds that reject gzip", () => {
    const plain = buildUserData(fakeSpec("scheduler", realistic), PLAIN);
    expect(Buffer.from(plain.bytes).toString()).toBe(plain.text);
    expect(plain.text).toMatch(/^#cloud-config\n[\n -~]*$/u);
    expect(written(plain.text)).toEqual(written(buildUserData(fakeSpec("scheduler", realistic), EC2).text));
    expect(plain.sentBytes).toBeLessThan(32_000);
  });

  test.each([EC2, PLAIN])("writes exactly its files, owned by root ($where)", (capabilities) => {
    const userData = buildUserData(fakeSpec("scheduler", realistic), capabilities);
    expect(written(userData.text)).toEqual(
      Object.fromEntries(userData.files.map(({ path, content }) => [path, content])),
    );
    const document = parse(userData.text) as { write_files: WrittenFile[]; runcmd: unknown };
    expect(document.write_files.map(({ permissions }) => permissions)).toEqual(userData.files.map(({ mode }) => mode));
    expect(document.runcmd).toEqual([["sh", "-c", ". /etc/dask-fleet/lib/guard.sh; begin"]]);
  });

  test("carries any content through both versions of YAML", () => {
    const content = fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.string(),
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(content, { maxLength: 4 }), fc.boolean(), (contents, pack) => {
        const files = contents.map((text, index) => ({ path: `/f${index}`, mode: "0600" as const, content: text }));
        const text = cloudConfig([], files, pack);
        const expected = Object.fromEntries(files.map((file) => [file.path, file.content]));
        expect(written(text)).toEqual(expected);
        expect(parse(text)).toEqual(parse(text, { version: "1.1" }));
      }),
      { numRuns: 300 },
    );
  });

  test("over the limit reports its size, the limit and the largest parts", () => {
    const noise = Array.from({ length: 4000 }, (_, i) => ((i * 2_654_435_761) % 2 ** 32).toString(36)).join("");
    const build = (): unknown => buildUserData(fakeSpec("worker", { envVars: { MODEL: noise } }), EC2);
    expect(build).toThrow(expect.objectContaining({ code: "USER_DATA_TOO_LARGE" }));
    expect(build).toThrow(
      /^The user data of a worker is [\d,]+ bytes after gzip, [\d,]+ more than the 16,384 that EC2 takes\. Largest parts before gzip: \/etc\/dask-fleet\/user\.env \([\d,]+ bytes\), /u,
    );
    expect(build).not.toThrow(noise.slice(0, 40));
  });

  test("prints its size, never its secrets", () => {
    const userData = buildUserData(fakeSpec("worker", realistic), EC2);
    const shown = [inspect(userData, { depth: 9, showHidden: true }), JSON.stringify(userData)].join("\n");
    expect(shown).not.toMatch(/hunter2|PRIVATE KEY/u);
    expect(JSON.parse(JSON.stringify(userData))).toEqual({
      rawBytes: userData.rawBytes,
      sentBytes: userData.sentBytes,
    });
  });

  test("previews as readable text without a secret", () => {
    const userData = buildUserData(fakeSpec("worker", realistic), PLAIN);
    const preview = previewUserData(userData);
    const secrets = [
      userData.files.find(({ path }) => path.endsWith("key.pem"))?.content.split("\n")[1] ?? "?",
      "hunter2",
    ];
    for (const secret of secrets) {
      expect(userData.files.map(({ content }) => content).join("")).toContain(secret);
      expect(preview).not.toContain(secret);
    }
    expect(preview).not.toMatch(/PRIVATE KEY|setting1|gz\+b64/u);
    expect(preview).toContain("start-node.sh");
    expect(preview).toContain("TOKEN='(hidden, 19 bytes)'");
    expect(preview).toContain("DASK_DISTRIBUTED__COMM__COMPRESSION='None'");
    expect(preview).toContain(
      "'INNER=(hidden, 13 bytes)' '--env=OUTER=(hidden, 13 bytes)' '-eCLOSE=(hidden, 13 bytes)'",
    );
  });
});
