import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { leanProgram } from "../../src/bootstrap/program.ts";
import { daskPython } from "../support/python.ts";

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));
const names = readdirSync(TEMPLATES);

/** What bash or Python understands of a program. */
function parsed(name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-lean-"));
  try {
    writeFileSync(join(directory, name), text);
    const [command, args] = name.endsWith(".py")
      ? [daskPython(), ["-c", "import ast, sys; print(ast.dump(ast.parse(open(sys.argv[1]).read())))"]]
      : ["bash", ["--pretty-print"]];
    const told = execFileSync(command, [...args, name], { cwd: directory, encoding: "utf8", maxBuffer: 1e7 });
    // bash shows empty lines where comments were.
    return told.replaceAll(/\n+/gu, "\n").trim();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test.each(names.filter((name) => /\.(?:sh|py)$/u.test(name)))("%s is the same program without its comments", (name) => {
  const text = readFileSync(join(TEMPLATES, name), "utf8");
  const lean = leanProgram(name, text);
  if (text.startsWith("#!")) expect(lean.split("\n")[0]).toBe(text.split("\n")[0]);
  expect(lean.length).toBeLessThan(text.length);
  expect(lean).not.toMatch(/^\s*#[^!]/mu);
  expect(parsed(name, lean)).toBe(parsed(name, text));
});
