import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Texts that break hand-made quoting. NUL and unpaired surrogates cannot be in an environment at all. */
export const HOSTILE: readonly string[] = [
  "",
  " ",
  "'",
  "'''",
  `"$(touch pwned)" \`id\` \${HOME} $HOME`,
  "a\nb\n",
  "\n",
  "\r\n",
  "\t\v\f\b\u001B[31m",
  "%s %d %n \\n \\",
  "- a: b # c",
  "#cloud-config\n---\n...\n",
  "grüße 漢字 🦉 \u0085 \u2028 \uFEFF",
  "!important && exit 1; rm -rf *",
  "--end-of: 'options'",
  "\\'",
  "0600",
  "yes",
  "{{ v1.instance_id }}",
];

/** The output of `bash -c body` after sourcing `file`, as NUL-terminated texts. */
export function sourced(file: string, body: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-bash-"));
  try {
    writeFileSync(join(directory, "file.env"), file);
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", `set -eu; . ./file.env; ${body}`], {
      cwd: directory,
      env: { PATH: process.env["PATH"] },
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1e8,
    });
    if (status !== 0) throw new Error(`bash ended with ${status}: ${stderr.toString()}`);
    return stdout.toString().split("\0").slice(0, -1);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
