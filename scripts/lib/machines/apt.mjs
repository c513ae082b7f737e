import { SetupError, say, secondsSince } from "../project.mjs";
import { run } from "../run.mjs";
import { has } from "./able.mjs";

/** Installs the packages whose commands are missing, and says what and why. */
export async function ensurePackages(packages) {
  const missing = packages.filter(({ command }) => !has(command));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  say(`set-up: apt installs ${missing.map(({ name, why }) => `${name} (${why})`).join(", ")} …`);
  const start = performance.now();
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const update = await run("apt-get", ["--quiet=2", "update"], { quiet: true, env });
  const install = ["--quiet=2", "--yes", "--no-install-recommends", "install", ...names];
  const { code, output } = await run("apt-get", install, { quiet: true, env });
  if (code !== 0) {
    say(`${update.output}${output}`.trimEnd());
    throw new SetupError(`apt could not install ${names.join(", ")}.`);
  }
  say(`set-up: installed in ${secondsSince(start)}`);
}
