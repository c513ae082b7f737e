import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { exportFile, parameterFile } from "../../../src/bootstrap/env/env-file.ts";
import { checkEnvVar } from "../../../src/bootstrap/env/env-vars.ts";
import { HOSTILE, sourced } from "./bash.ts";

const text = fc
  .oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" }), fc.string())
  .filter((value) => !value.includes("\0"));

/** Valid names of envVars, including those with a meaning in bash. */
const name = fc
  .oneof(
    fc.constantFrom(
      "IFS",
      "PATH",
      "LC_ALL",
      "LANG",
      "LD_LIBRARY_PATH",
      "POSIXLY_CORRECT",
      "BASH_ENV",
      "PS4",
      "HOME",
      "TMOUT",
      "OPTIND",
      "CDPATH",
      "GLOBIGNORE",
      "EXECIGNORE",
      "TZ",
      "root",
      "etc",
      "child",
      "command",
      "tls",
    ),
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/u),
  )
  .filter((candidate) => {
    try {
      checkEnvVar(candidate, "", "native");
      return true;
    } catch {
      return false;
    }
  });

describe("env files", () => {
  test.each(HOSTILE)("carry %j", (value) => {
    expect(sourced(parameterFile({ ONE: value, LIST: [value, "x"] }), `printf '%s\\0' "$ONE" "\${LIST[@]}"`)).toEqual([
      value,
      value,
      "x",
    ]);
  });

  test("carry any list or text", () => {
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 5 }), (one, list) => {
        const arrived = sourced(
          parameterFile({ ONE: one, LIST: list }),
          `printf '%s\\0' "$ONE" \${LIST[@]+"\${LIST[@]}"}`,
        );
        expect(arrived).toEqual([one, ...list]);
      }),
      { numRuns: 60 },
    );
  });

  test("carry any environment into the program that bash executes", () => {
    // An absolute path: the environment may have changed PATH.
    const env = sourced("", "type -p env; printf '\\0'")[0]?.trim() ?? "";
    fc.assert(
      fc.property(fc.dictionary(name, text, { maxKeys: 8, noNullPrototype: true }), (values) => {
        const arrived = Object.fromEntries(
          sourced(exportFile(values), `exec ${env} --null`).map((line) => {
            const end = line.indexOf("=");
            return [line.slice(0, end), line.slice(end + 1)];
          }),
        );
        expect(arrived).toMatchObject(values);
      }),
      { numRuns: 80 },
    );
  });

  test("omit absent values", () => {
    expect(parameterFile({ A: undefined, B: "" })).toMatch(/^#.*\nB=''\n$/u);
    expect(exportFile({})).toMatch(/^#.*\n$/u);
  });

  test.each(["a\0b", "\uD800"])("refuse %j", (value) => {
    expect(() => parameterFile({ A: value })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

describe("envVars", () => {
  test.each([
    ["1A", /no name of an environment variable/u],
    ["A-B", /no name of an environment variable/u],
    ["", /no name of an environment variable/u],
    ["BASH_FUNC_ls%%", /no name of an environment variable/u],
    ["UID", /bash keeps/u],
    ["EUID", /bash keeps/u],
    ["PPID", /bash keeps/u],
    ["SHELLOPTS", /bash keeps/u],
    ["BASHOPTS", /bash keeps/u],
    ["BASH_VERSINFO", /bash keeps/u],
    ["RANDOM", /bash keeps/u],
    ["DASK_FLEET_ARGS", /dask-fleet's own/u],
    ["DASK_DISTRIBUTED__COMM__TLS__CA_FILE", /"security"/u],
    ["DASK_distributed__comm__require_encryption", /"security"/u],
    ["DASK_DISTRIBUTED__SCHEDULER__PRELOAD", /schedulerOptions\.preload/u],
    ["DOCKER_HOST", /docker command/u],
  ])("refuse the name %j", (bad, reason) => {
    expect(() => checkEnvVar(bad, "x", "docker")).toThrow(reason);
  });

  test("accept values that only docker rejects, when docker is off", () => {
    expect(() => checkEnvVar("DOCKER_HOST", "x", "native")).not.toThrow();
  });

  test("are refused beyond Linux's limits for a program", () => {
    expect(() => checkEnvVar("A", "x".repeat(131_072 - 3), "native")).not.toThrow();
    expect(() => checkEnvVar("A", "x".repeat(131_072 - 2), "native")).toThrow(/131072 bytes/u);
    expect(() => checkEnvVar("A", "ü".repeat(70_000), "native")).toThrow(/131072 bytes/u);
  });

  test("must be strings", () => {
    expect(() => checkEnvVar("A", 1, "native")).toThrow("envVars.A must be a text, not number.");
    expect(() => checkEnvVar("A", null, "native")).toThrow("envVars.A must be a text, not null.");
    expect(() => checkEnvVar("A", "a\0b", "native")).toThrow(/envVars\.A holds a NUL/u);
  });
});
