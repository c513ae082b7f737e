import { execFile } from "node:child_process";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { joinFiles } from "../../../src/bootstrap/node-programs.ts";
import { DEFAULT_JOIN_PORT, DEFAULT_NODE_PORTS, type NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { callBoot } from "../../../src/cluster/join/boot-call.ts";
import { JoinDesk } from "../../../src/cluster/join/join-desk.ts";
import { Registrar } from "../../../src/cluster/join/registrar.ts";
import { JoinTokens } from "../../../src/cluster/join/tokens.ts";
import { installAgent } from "../../../src/dask/agent/install.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Deadline } from "../../../src/deadline.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { Security } from "../../../src/security/security.ts";
import { roleName } from "../../../src/security/temporary/authority.ts";
import { poll } from "../../../src/wait.ts";
import { patient } from "../../support/patience.ts";
import { asked, MachineKey } from "../../unit/cluster/join/asking.ts";
import { worker } from "../../unit/cluster/machines.ts";
import type { Crowd, Joined } from "./crowd-program.ts";
import { NodeProcess, ownAddress } from "./node-process.ts";

const PROGRAM = fileURLToPath(new URL("crowd-program.ts", import.meta.url));
const HEAD = "i-0head";

/** A machine that asks. */
interface Asking {
  readonly name: string;
  readonly from: string;
  readonly key: MachineKey;
}

/** A scheduler in life, and this process as its launcher: boot listener, relay, desk and registrar are the real ones. */
export class CrowdedScheduler implements AsyncDisposable {
  readonly warnings: string[] = [];
  readonly #security = Security.temporary({ delivery: "join" }).forCluster("join");
  readonly #tokens = new JoinTokens({ lifeMs: patient(600_000) });
  readonly #machines = new Map<string, Machine>();
  readonly #stack = new AsyncDisposableStack();
  readonly #host = ownAddress();
  readonly #node: NodeProcess;
  readonly #workerToken: string;

  private constructor(python: string) {
    const base = { clusterName: "test", nameFrom: "instance-id", runtime: "native", python } as const;
    const specOf = (role: "scheduler" | "worker", token: string): NodeSpec => ({
      ...base,
      role,
      host: this.#host,
      ...(role === "worker" && { schedulerAddress: `tls://${this.#host}:${DEFAULT_NODE_PORTS.scheduler}` }),
      security: this.#security.nodeTls(role, () => ({ token })),
    });
    const [own, workers] = [this.#tokens.use("scheduler"), this.#tokens.use("worker", "default")];
    const spec = specOf("scheduler", own);
    this.#tokens.bring(own, joinFiles(spec));
    this.#tokens.bring(workers, joinFiles(specOf("worker", workers)));
    this.#workerToken = workers;
    this.#machines.set(HEAD, { id: HEAD, nodeName: HEAD, role: "scheduler", state: "running" });
    this.#node = this.#stack.use(new NodeProcess(spec, HEAD));
  }

  static async open(python: string): Promise<CrowdedScheduler> {
    const opened = new CrowdedScheduler(python);
    try {
      await opened.#begin();
      return opened;
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The scheduler's processes. */
  get pids(): readonly number[] {
    return this.#node.pids();
  }

  async #begin(): Promise<void> {
    const [security, tokens] = [this.#security, this.#tokens];
    const warn = (message: string): void => void this.warnings.push(message);
    const registrar = new Registrar({
      spec: { security, tokens, capabilities: {} as never, options: { singleNode: false } as never },
      provider: { verifyIdentity: () => Promise.reject(new Error("no document is wanted")) },
      machineNamed: (name) => this.#machines.get(name),
      warn,
      onAlarm: (_, why) => warn(why),
    });
    const answer: Registrar["answer"] = (request, signal) => registrar.answer(request, signal);
    const [boot, client] = [{ host: this.#host, port: DEFAULT_NODE_PORTS.gate }, security.materialFor("client")];
    security.joining.pin(
      await retried("the boot listener", () => callBoot(boot, client, answer, new Deadline(patient(10_000)))),
    );
    const address = `tls://${this.#host}:${DEFAULT_NODE_PORTS.scheduler}`;
    const tls = { tls: () => security.clientTls() };
    const link = this.#stack.use(await retried("the scheduler", () => SchedulerClient.connect(address, tls)));
    await installAgent(link, { cluster: "test" });
    const desk = new JoinDesk({
      spec: { ports: DEFAULT_NODE_PORTS, tokens },
      link: () => link,
      mayAct: () => Promise.resolve(true),
      answer,
      lookAgain: () => Promise.resolve(),
      pollIntervalMs: 1000,
      listLagMs: 0,
      troubles: new Troubles((event) => void (event.type === "warning" && warn(event.message))),
      warn,
    });
    desk.begin();
    this.#stack.defer(() => desk.stop());
    await retried("the relay", async () => (await dialled(this.#host, DEFAULT_JOIN_PORT)).destroy());
  }

  /** Machines that ask at one instant, and what each of them got. */
  async join(count: number): Promise<readonly (Asking & Joined)[]> {
    const machines = Array.from({ length: count }, (_, nth): Asking => {
      const [name, from] = [`i-${nth}`, `127.50.${nth >> 8}.${nth & 255}`];
      this.#machines.set(name, worker(name, { nodeName: name, privateAddress: from }));
      return { name, from, key: new MachineKey() };
    });
    const { joining } = this.#security;
    const crowd: Crowd = {
      host: this.#host,
      port: DEFAULT_JOIN_PORT,
      ca: joining.certificate,
      serverName: roleName("scheduler", joining.id),
      seconds: patient(60),
      machines: machines.map(({ name, from, key }) => ({ from, request: this.#request(name, key) })),
    };
    const child = execFile(process.execPath, [PROGRAM], { maxBuffer: 1e9 });
    const said = Promise.all([once(child, "close"), text(child.stdout ?? missing()), text(child.stderr ?? missing())]);
    child.stdin?.end(JSON.stringify(crowd));
    const [[code], out, error] = await said;
    if (code !== 0) throw new Error(`the crowd ended with ${String(code)}: ${error}`);
    const joined = JSON.parse(out) as readonly Joined[];
    return machines.map((machine, nth) => ({ ...machine, ...(joined[nth] ?? missing()) }));
  }

  #request(name: string, key: MachineKey): object {
    const { mac } = asked({ name }, { key, token: Buffer.from(this.#workerToken, "hex") });
    return { v: 1, role: "worker", name, spki: key.spki.toString("base64"), mac: mac.toString("hex"), identity: null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function retried<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  let last = "";
  const once = (): Promise<{ readonly result: T } | undefined> =>
    attempt().then(
      (result) => ({ result }),
      (error: unknown) => {
        last = String(error);
        return undefined;
      },
    );
  const deadline = new Deadline(patient(60_000));
  return (await poll(once, { what, deadline, intervalMs: 100, lastSeen: () => last })).result;
}

async function dialled(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  await once(socket, "connect");
  return socket;
}

function missing(): never {
  throw new Error("the crowd said nothing");
}
