import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { until } from "../../support/until.ts";

const PROGRAM = fileURLToPath(new URL("launcher-program.ts", import.meta.url));

/** Another process that started a cluster named `launched`, with one worker. */
export class Launcher implements AsyncDisposable {
  out = "";
  err = "";
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  /** @param wrapper a command prefix, such as `unshare` */
  static async start(ending: "stays" | "forgets" = "stays", wrapper: readonly string[] = []): Promise<Launcher> {
    const launcher = new Launcher(ending, wrapper);
    await launcher.says("up");
    return launcher;
  }

  private constructor(ending: string, wrapper: readonly string[]) {
    const [command, ...args] = [...wrapper, process.execPath, PROGRAM, ending];
    this.child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = once(this.child, "close");
    this.child.stdout?.on("data", (text) => (this.out += String(text)));
    this.child.stderr?.on("data", (text) => (this.err += String(text)));
  }

  async says(text: string): Promise<void> {
    const said = (): boolean => this.out.split("\n").includes(text);
    await until(`"${text}"`, said, 60_000, () => this.out + this.err);
  }

  /** Exit code and signal, once it has ended. */
  async end(): Promise<unknown[]> {
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.#ended;
  }
}
