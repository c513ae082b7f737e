import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { onTestFinished, test as base, expect } from "vitest";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const LOCKED = { "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } };

/** A checkout without network: `npm`, the Pythons and everything else on its PATH are scripts of its own. */
class Checkout {
  readonly root = mkdtempSync(join(tmpdir(), "dask-fleet-setup-"));
  readonly log: string = join(this.root, "log");

  constructor() {
    const filter = (path: string): boolean => !path.endsWith("node_modules");
    cpSync(join(PROJECT, "scripts"), join(this.root, "scripts"), { recursive: true, filter });
    this.write("package-lock.json", JSON.stringify({ packages: { "": {}, ...LOCKED } }));
    this.write("log", "");
    for (const tool of ["sh", "cat", "mkdir", "sleep", "rm"]) this.program(tool, `exec /bin/${tool} "$@"`);
    this.npm(LOCKED);
  }

  npm(installs: object, extra = ""): void {
    const list = JSON.stringify({ packages: installs });
    this.program(
      "npm",
      `echo "npm $*" >> ${this.log}\nmkdir -p node_modules/.bin\n${extra}\necho '${list}' > node_modules/.package-lock.json`,
    );
  }

  /** A fake Python: it answers the setup's queries and "creates" environments. */
  python(name: string, { version = "3, 11", venv = true, dask = false } = {}): void {
    const path = join(this.root, "bin", name);
    const about = JSON.stringify({ path, version: JSON.parse(`[${version}]`) as unknown, canMakeVenv: venv });
    this.program(
      name,
      `case "$*" in
*ensurepip*) echo '${about}' ;;
*distributed*) ${dask ? "exit 0" : "exit 1"} ;;
"-m venv "*) echo "$*" >> ${this.log}; mkdir -p "$3/bin"; cat "$0" > "$3/bin/python"; /bin/chmod +x "$3/bin/python" ;;
*) echo "$*" >> ${this.log} ;;
esac`,
    );
  }

  program(name: string, script: string): void {
    this.write(join("bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.root, "bin", name), 0o755);
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  /** The calls of npm, venv and pip since the last read. */
  done(): string[] {
    const lines = readFileSync(this.log, "utf8").split("\n").filter(Boolean);
    writeFileSync(this.log, "");
    return lines.map((line) => line.replaceAll(this.root, "."));
  }

  async setUp(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const options = { cwd: this.root, env: { PATH: join(this.root, "bin"), ...env } };
      execFile(process.execPath, ["scripts/with-setup.mjs", ...args], options, (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr: stderr.replaceAll(this.root, ".") });
      });
    });
  }
}

const test = base.extend<{ checkout: Checkout }>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- vitest reads the parameter's form
  checkout: async ({}, use) => {
    const checkout = new Checkout();
    onTestFinished(() => rmSync(checkout.root, { recursive: true, force: true }));
    await use(checkout);
  },
});

const INSTALL = "npm ci --no-audit --no-fund";
const PIP = "-m pip install --disable-pip-version-check --no-input -r ./scripts/requirements.txt";

test("a Node.js too old for the setup is reported first, in one sentence", async ({ checkout }) => {
  const old =
    "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.19.1'}})";
  const env = { NODE_OPTIONS: `--import "${old}"` };
  expect(await checkout.setUp(["--", "sh", "-c", "echo never"], env)).toStrictEqual({
    code: 1,
    stdout: "",
    stderr: "The commands of dask-fleet need Node.js 20 or newer; this is v18.19.1.\n",
  });
  expect(checkout.done()).toStrictEqual([]);
});

test("packages are installed if missing, and again when the lock file changes", async ({ checkout }) => {
  const first = await checkout.setUp(["--", "sh", "-c", "echo $PATH; exit 3"]);
  expect(first).toMatchObject({ code: 3, stdout: expect.stringMatching(/^\S+\/node_modules\/\.bin:/) });
  expect(first.stderr).toMatch(
    /^set-up: installing .*\(node_modules is missing\).*\nset-up: npm packages installed in \d+\.\d s\n$/,
  );
  expect(checkout.done()).toStrictEqual([INSTALL]);
  expect(await checkout.setUp(["--", "sh", "-c", "exit 0"])).toStrictEqual({ code: 0, stdout: "", stderr: "" });
  expect(checkout.done()).toStrictEqual([]);
  const changed = { "node_modules/a": { version: "1.1.0", integrity: "sha512-b" } };
  checkout.write("package-lock.json", JSON.stringify({ packages: { "": {}, ...changed } }));
  checkout.npm(changed);
  expect(await checkout.setUp(["--", "sh", "-c", "exit 0"])).toMatchObject({ code: 0 });
  expect(checkout.done()).toStrictEqual([INSTALL]);
});

test("packages installed by hand are left alone; other platforms' optional ones may be missing", async ({
  checkout,
}) => {
  const optional = { "node_modules/b": { version: "1.0.0", optional: true } };
  checkout.write("package-lock.json", JSON.stringify({ packages: { "": {}, ...LOCKED, ...optional } }));
  checkout.write("node_modules/.package-lock.json", JSON.stringify({ packages: LOCKED }));
  expect(await checkout.setUp(["--", "sh", "-c", "exit 0"])).toMatchObject({ code: 0, stderr: "" });
  expect(checkout.done()).toStrictEqual([]);
});

test("a failed npm shows its output, and nothing counts as installed", async ({ checkout }) => {
  checkout.npm(LOCKED, "echo E404 it is gone >&2; exit 7");
  const { code, stderr } = await checkout.setUp(["--", "sh", "-c", "echo never"]);
  expect(code).toBe(1);
  expect(stderr).toContain("E404 it is gone\nInstalling the npm packages failed: `npm ci");
  expect(existsSync(join(checkout.root, "node_modules/.dask-fleet-lock"))).toBe(false);
});

test("versions other than the locked ones are refused", async ({ checkout }) => {
  checkout.npm({ "node_modules/a": { version: "2.0.0", integrity: "sha512-z" } });
  const { code, stderr } = await checkout.setUp(["--", "sh", "-c", "echo never"]);
  expect(code).toBe(1);
  expect(stderr).toContain("package.json and package-lock.json do not agree");
});

test("two concurrent setups install once", async ({ checkout }) => {
  checkout.npm(LOCKED, "sleep 0.5");
  checkout.python("python3");
  const command = ["--python=pinned", "--", "sh", "-c", "exit 0"];
  const runs = await Promise.all([checkout.setUp(command), checkout.setUp(command), checkout.setUp(command)]);
  expect(runs.map(({ code }) => code)).toStrictEqual([0, 0, 0]);
  expect(checkout.done()).toStrictEqual([INSTALL, "-m venv ./.python", PIP]);
});

test("the lock of a dead process blocks nobody", async ({ checkout }) => {
  checkout.write(".cache/npm.lock", "999999999");
  expect(await checkout.setUp(["--", "sh", "-c", "exit 0"])).toMatchObject({ code: 0 });
  expect(existsSync(join(checkout.root, ".cache/npm.lock"))).toBe(false);
});

test("a Python environment is created once, and again when its requirements change or its creation was interrupted", async ({
  checkout,
}) => {
  checkout.python("python3.9", { version: "3, 9" });
  checkout.python("python3.12", { version: "3, 12", venv: false });
  checkout.python("python3");
  const command = ["--python=pinned", "--", "sh", "-c", "echo $DASK_FLEET_PYTHON"];
  const made = ["-m venv ./.python", PIP];
  const first = await checkout.setUp(command);
  expect(first.stdout).toBe(`${join(checkout.root, ".python/bin/python")}\n`);
  expect(checkout.done()).toStrictEqual([INSTALL, ...made]);
  await checkout.setUp(command);
  expect(checkout.done()).toStrictEqual([]);
  checkout.write("scripts/requirements.txt", "dask==9999.1.0\n");
  await checkout.setUp(command);
  expect(checkout.done()).toStrictEqual(made);
  rmSync(join(checkout.root, ".python/.dask-fleet-requirements"));
  await checkout.setUp(command);
  expect(checkout.done()).toStrictEqual(made);
});

test("a Python with Dask satisfies --python=any but not --python=pinned", async ({ checkout }) => {
  checkout.python("python3", { dask: true });
  const show = ["--", "sh", "-c", "echo $DASK_FLEET_PYTHON"];
  expect((await checkout.setUp(["--python=any", ...show])).stdout).toBe(`${join(checkout.root, "bin/python3")}\n`);
  expect((await checkout.setUp(["--python=pinned", ...show])).stdout).toBe(
    `${join(checkout.root, ".python/bin/python")}\n`,
  );
});

test.for([
  ["there is none", undefined, /^No Python 3\.10 or newer found: install one .*apt install python3 python3-venv/],
  ["it is too old", { version: "3, 9" }, /^No Python 3\.10 or newer found/],
  ["it lacks venv", { venv: false }, /^\.\/bin\/python3 \(Python 3\.11\) cannot make .*apt install python3-venv/],
] as const)("one line says what to install where %s", async ([, python, line], { checkout }) => {
  checkout.write("node_modules/.package-lock.json", JSON.stringify({ packages: LOCKED }));
  if (python !== undefined) checkout.python("python3", python);
  const { code, stderr } = await checkout.setUp(["--python=pinned", "--", "sh", "-c", "echo never"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(line);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("DASK_FLEET_PYTHON is used as given or refused", async ({ checkout }) => {
  checkout.python("good", { dask: true });
  checkout.python("bare");
  const command = ["--python=pinned", "--", "sh", "-c", "echo $DASK_FLEET_PYTHON"];
  const good = join(checkout.root, "bin/good");
  expect((await checkout.setUp(command, { DASK_FLEET_PYTHON: good })).stdout).toBe(`${good}\n`);
  const bare = await checkout.setUp(command, { DASK_FLEET_PYTHON: join(checkout.root, "bin/bare") });
  expect(bare).toMatchObject({ code: 1, stderr: expect.stringContaining("lacks distributed 2022.12 or newer") });
});

test.for([
  [["sh"], "usage: node scripts/with-setup.mjs"],
  [["--python=some", "--", "sh"], "usage: node scripts/with-setup.mjs"],
  [["--pyton=any", "--", "sh"], "Unknown option '--pyton'"],
  [["--", "no-such-command"], "no-such-command: command not found"],
] as const)("%j is refused in one line", async ([args, line], { checkout }) => {
  checkout.write("node_modules/.package-lock.json", JSON.stringify({ packages: LOCKED }));
  const { code, stderr } = await checkout.setUp(args);
  expect(code).toBe(1);
  expect(stderr).toContain(line);
  expect(stderr).not.toContain("    at ");
});

test("a command ended by a signal has the shell's exit code", async ({ checkout }) => {
  expect(await checkout.setUp(["--", "sh", "-c", "kill -TERM $$"])).toMatchObject({ code: 143 });
});

test.for(["SIGTERM", "SIGINT"] as const)(
  "%s reaches the command, whose exit code counts",
  async (signal, { checkout }) => {
    // Not a shell: one that inherits SIGINT ignored, as in a background job, cannot trap it.
    const script = `
      process.on("${signal}", () => { console.log("got it"); process.exit(5); });
      process.kill(process.ppid, "${signal}");
      setTimeout(() => {}, 10_000);
    `;
    expect(await checkout.setUp(["--", process.execPath, "-e", script])).toMatchObject({ code: 5, stdout: "got it\n" });
  },
);
