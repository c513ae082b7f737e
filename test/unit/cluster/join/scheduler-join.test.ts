import { expect, test } from "vitest";

import { Registrar } from "../../../../src/cluster/join/registrar.ts";
import { SchedulerJoin } from "../../../../src/cluster/join/scheduler-join.ts";
import { JoinTokens } from "../../../../src/cluster/join/tokens.ts";
import { Deadline } from "../../../../src/deadline.ts";
import { Security } from "../../../../src/security/security.ts";
import { isolatedState } from "../../../support/local-state.ts";
import { patient } from "../../../support/patience.ts";
import { until } from "../../../support/until.ts";
import { worker } from "../machines.ts";
import { BootListener } from "./boot-listener.ts";

isolatedState();

/** A launcher that starts a cluster, up to its scheduler's certificate. */
class Start {
  readonly security = Security.temporary({ delivery: "join" }).forCluster("join");
  readonly tokens = new JoinTokens({ lifeMs: patient(60_000) });
  readonly token = Buffer.from(this.tokens.use("scheduler"), "hex");
  readonly machine = worker("i-0", { role: "scheduler" });

  join(port: number): SchedulerJoin {
    const { security, tokens, machine } = this;
    const spec = {
      security,
      tokens,
      clusterName: "lab",
      clusterId: "00",
      capabilities: {},
      options: { singleNode: false },
      ports: { gate: port },
    } as never;
    const registrar = new Registrar({
      spec,
      provider: { verifyIdentity: () => Promise.resolve(undefined) },
      machineNamed: () => machine,
      warn: () => undefined,
      onAlarm: () => undefined,
    });
    const answer: Registrar["answer"] = (...asked) => registrar.answer(...asked);
    return new SchedulerJoin({ spec, security, machine, host: "127.0.0.1", lead: {} as never, answer });
  }
}

const deadline = (): Deadline => new Deadline(patient(10_000));

test("A scheduler's certificate that was lost on its way is given again, until its machine says that it has it", async () => {
  const start = new Start();
  await using machine = new BootListener({ token: start.token, losesLast: true });
  const join = start.join(await machine.listen());

  await join.attempt(deadline());
  expect(start.security.joining.scheduler?.checkPrivateKey(machine.key.privateKey)).toBe(true);
  await join.attempt(deadline());
  const [first, second] = machine.certificates;
  expect([first, machine.certificates.length]).toEqual([second, 2]);
  await join.attempt(deadline());
  expect(machine.callers).toHaveLength(2);
});

test("Where only the last word was lost, nobody listens any more, and Dask is dialled", async () => {
  const start = new Start();
  const machine = new BootListener({ token: start.token, losesLast: true });
  const join = start.join(await machine.listen());
  await join.attempt(deadline());
  await machine[Symbol.asyncDispose]();

  await expect(join.attempt(deadline())).resolves.toBeUndefined();
});

test("A scheduler's machine that does not listen yet is dialled again", async () => {
  const start = new Start();
  const machine = new BootListener({ token: start.token });
  const port = await machine.listen();
  await machine[Symbol.asyncDispose]();

  await expect(start.join(port).attempt(deadline())).rejects.toMatchObject({ code: "SCHEDULER_UNREACHABLE" });
});

test("The error for a machine with another name has both names: its image may have one of its own", async () => {
  const start = new Start();
  await using machine = new BootListener({ token: start.token, name: "packer-debian" });

  const attempt = start.join(await machine.listen()).attempt(deadline());
  await expect(attempt).rejects.toThrow("it says that it is packer-debian, and the scheduler's machine is i-0");
  await until("the refusal", () => machine.refusals.length === 1);
  expect(machine.certificates).toEqual([]);
});
