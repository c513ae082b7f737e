import {
  HttpCloud,
  type HttpCloudOptions,
  NotUnderstood,
  type WireReply,
  type WireRequest,
} from "../../src/core/http-cloud.ts";
import type { SimMachine } from "../../src/core/machine.ts";
import { cidrContains, Subnet } from "../../src/core/subnet.ts";

/** What the toy cloud is asked for by `POST /machines`. */
export interface ToyRequest {
  /** In base64. */
  readonly userData?: string | undefined;
  readonly publicIp?: boolean | undefined;
}

/** The smallest cloud there can be, to test what all simulated clouds are made of. */
export class ToyCloud extends HttpCloud {
  /** What the firewall lets in from outside the network. */
  admitted: (source: string, port: number) => boolean = () => true;
  /** What it lets in from the network itself. */
  admittedMember: (port: number) => boolean = () => true;
  /** What becomes of a machine that has powered itself off. */
  onGuestShutdown: (machine: SimMachine) => void = (machine) => machine.destroy();
  #private = new Subnet("127.64.0.0/16");
  #public = new Subnet("127.192.0.0/16");
  #made = 0;

  constructor(options: HttpCloudOptions = {}) {
    super({ listLagMs: 0, ...options });
  }

  get machines(): readonly SimMachine[] {
    return this.fleet.all;
  }

  get #network(): string {
    return this.addresses.subnetCidr(1, 20);
  }

  protected override seed(): void {
    this.#private = new Subnet(this.#network);
    this.#public = new Subnet(this.addresses.publicCidr);
    this.#made = 0;
  }

  protected override operationOf({ method, url }: WireRequest): string {
    if (!url.pathname.startsWith("/machines")) throw new NotUnderstood(`no route ${url.pathname}`);
    return `${method.toLowerCase()}Machines`;
  }

  protected override async answer(operation: string, { url, body }: WireRequest): Promise<WireReply> {
    switch (operation) {
      case "postMachines":
        return json(201, { id: this.#create(JSON.parse(body.toString()) as ToyRequest) });
      case "getMachines":
        return json(
          200,
          this.fleet.all.filter(({ visible }) => visible).map(({ id, state }) => ({ id, state })),
        );
      case "deleteMachines": {
        const machine = this.fleet.get(url.pathname.split("/")[2] ?? "");
        machine?.destroy();
        return json(machine === undefined ? 404 : 200, {});
      }
      default:
        throw new NotUnderstood(operation);
    }
  }

  protected override throttled(): WireReply {
    return json(429, { error: "slow down" });
  }

  protected override internalError(): WireReply {
    return json(500, { error: "internal" });
  }

  #create({ userData, publicIp = false }: ToyRequest): string {
    this.#made += 1;
    const id = `toy-${this.#made}`;
    const network = this.#network;
    const [privateAddress, publicAddress] = [this.#private.take(), publicIp ? this.#public.take() : undefined];
    this.fleet.launch(
      {
        id,
        instanceId: id,
        hostname: `${id}.toy.internal`,
        privateAddress,
        publicAddress,
        userData: userData === undefined ? undefined : Buffer.from(userData, "base64"),
        admits: (source, port) =>
          cidrContains(network, source) ? this.admittedMember(port) : this.admitted(source, port),
      },
      {
        onGuestShutdown: (machine) => this.onGuestShutdown(machine),
        onGone: () => this.#private.release(privateAddress),
      },
    );
    return id;
  }
}

function json(status: number, body: unknown): WireReply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
