import { connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";

import { Listening } from "../support/listening.ts";
import type { MachineInput } from "./boot.ts";
import { asIpv6, underIpv6 } from "./ipv6.ts";

/**
 * A machine's public address: carries connections to its private one where the firewall, asked for each of them, lets their
 * source in, and breaks the others. There is one listener for each port on which the machine itself listens for others: a
 * worker has none.
 */
export class FrontDoor implements AsyncDisposable {
  readonly #doors: readonly Listening[];

  static async open(machine: MachineInput, address: string, ports: readonly number[]): Promise<FrontDoor> {
    const doors: Listening[] = [];
    try {
      for (const port of ports) doors.push(await openDoor(machine, address, port));
    } catch (error) {
      await Promise.all(doors.map((door) => door[Symbol.asyncDispose]()));
      throw error;
    }
    return new FrontDoor(doors);
  }

  private constructor(doors: readonly Listening[]) {
    this.#doors = doors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#doors.map((door) => door[Symbol.asyncDispose]()));
  }
}

async function openDoor(machine: MachineInput, address: string, port: number): Promise<Listening> {
  const carry = (incoming: Socket): void => {
    const source = incoming.remoteAddress ?? "";
    if (!machine.admits(address === underIpv6(machine.ipv6Address) ? asIpv6(source) : source, port)) {
      incoming.destroy();
      return;
    }
    // From the public address, so that the machine can tell what came this way.
    const outgoing = connect({ host: machine.privateAddress, port, localAddress: address, allowHalfOpen: true });
    listening.keep(outgoing);
    pipeline(incoming, outgoing, () => undefined);
    pipeline(outgoing, incoming, () => undefined);
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, carry);
  const listening = await Listening.open(server, port, address);
  return listening;
}
