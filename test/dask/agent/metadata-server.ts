import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import type { MachineInput, SpotNotices } from "@dask-fleet/simulated-clouds";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import type { NoticeCloud } from "../../../src/dask/agent/settings.ts";
import { AzureDisguise } from "../../machines/clouds/azure.ts";
import { Ec2Disguise } from "../../machines/clouds/ec2.ts";
import { GceDisguise } from "../../machines/clouds/gce.ts";
import type { Asked, Disguise, Told } from "../../machines/lab/disguise.ts";

const DISGUISES: Readonly<Record<NoticeCloud, () => Disguise & { readonly notices: SpotNotices }>> = {
  ec2: () => new Ec2Disguise(),
  gcp: () => new GceDisguise(),
  azure: () => new AzureDisguise(),
};

/** A cloud's metadata service on loopback, at an address of its own for each machine. */
export class MetadataServer implements AsyncDisposable {
  readonly notices: SpotNotices;
  /** Every request, such as `a GET /latest/meta-data/spot/instance-action 404`. */
  readonly log: string[] = [];
  /** Answers instead of the service. */
  instead: ((asked: Asked, machine: string) => Told | Promise<Told> | undefined) | undefined;
  readonly #disguise: Disguise;
  #listening: Listening | undefined;

  static async open(cloud: NoticeCloud): Promise<MetadataServer> {
    const server = new MetadataServer(DISGUISES[cloud]());
    const http = createServer((request, response) => void server.#answer(request, response));
    server.#listening = await Listening.open(http, 0, "127.0.0.1");
    return server;
  }

  private constructor(disguise: Disguise & { readonly notices: SpotNotices }) {
    this.#disguise = disguise;
    this.notices = disguise.notices;
  }

  /** With a place for the machine's name. */
  get address(): string {
    return `http://127.0.0.1:${this.#listening?.port ?? 0}/{name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers } = request;
    const [, name = "", rest = "/"] = /^\/(?<name>[^/]+)(?<rest>\/.*)$/u.exec(request.url ?? "/") ?? [];
    const asked = { method, headers, url: new URL(rest, "http://169.254.169.254") };
    request.resume();
    const told = (await this.instead?.(asked, name)) ?? (await this.#disguise.answer(asked, machineNamed(name)));
    this.log.push(`${name} ${method} ${rest} ${told.status}`);
    const type = { "content-type": told.type ?? "text/plain", "Metadata-Flavor": "Google" };
    response.writeHead(told.status, { ...type, ...told.headers });
    response.end(told.body ?? "");
  }
}

function machineNamed(name: string): MachineInput {
  return {
    id: name,
    hostname: name,
    instanceId: name,
    privateAddress: "10.77.0.4",
    userData: undefined,
    admits: () => true,
  };
}
