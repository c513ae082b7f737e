import { ETC, formatAddress } from "../dask-fleet.ts";
import type { PaperPlace, PaperSetting } from "./paper-node.ts";
import { PaperWorker } from "./paper-worker.ts";
import { type Told, parseParameters } from "./told.ts";

/** The workers on a scheduler's machine, where the user data asks for some: their end leaves the machine on. */
export class PaperBeside extends PaperWorker {
  static of(place: PaperPlace, setting: PaperSetting): PaperBeside | undefined {
    const told = toldBeside(place);
    return told === undefined ? undefined : new PaperBeside({ ...place, told }, setting);
  }

  protected override over(status: number): void {
    const { clusterName } = this.guest;
    this.guest.say(
      `this machine's workers in ${clusterName} are over: the node could not start (status ${status}); the machine stays on`,
    );
  }
}

/** What the second unit reads: `worker.env` over `node.env`, and TLS files of its own. */
function toldBeside({ told, machine }: PaperPlace): Told | undefined {
  const own = told.files.get(`${ETC}/worker.env`);
  if (own === undefined) return undefined;
  const { env, lists } = parseParameters(own);
  const scheme = told.env["DASK_FLEET_TLS"] === "1" ? "tls" : "tcp";
  const port = Number(told.env["DASK_FLEET_PORT"]);
  const files = new Map(told.files);
  for (const name of ["ca.pem", "cert.pem", "key.pem", "token"]) {
    files.set(`${ETC}/tls/${name}`, told.files.get(`${ETC}/tls-worker/${name}`) ?? "");
  }
  return {
    files,
    digest: `${told.digest} beside`,
    lists: { ...told.lists, ...lists },
    // Machines of one simulated cloud share a loopback: this is the machine's own part of it.
    env: {
      ...told.env,
      ...env,
      DASK_FLEET_SCHEDULER: formatAddress({ scheme, host: machine.privateAddress, port }),
    },
  };
}
