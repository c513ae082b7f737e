const NETWORK = "the cluster decides where its nodes listen";
const TLS = 'it is set by the option "security"';

/** Options of Dask's command line that are ours to give, and why. */
const OWNED: Readonly<Record<string, string>> = {
  host: NETWORK,
  port: NETWORK,
  interface: NETWORK,
  protocol: NETWORK,
  listenAddress: NETWORK,
  contactAddress: NETWORK,
  dashboardAddress: `${NETWORK}; the dashboard is reached through cluster.dashboard()`,
  workerPort: NETWORK,
  nannyPort: NETWORK,
  scheduler: NETWORK,
  schedulerFile: NETWORK,
  schedulerSni: TLS,
  tlsCaFile: TLS,
  tlsCert: TLS,
  tlsKey: TLS,
  name: "a node is named after its machine, so that the two can be found from each other",
  workerClass: 'use the option "workerClass"',
  idleTimeout: 'use the option "idleTimeoutMs"',
  deathTimeout: "the cluster's start time-out sets it",
  help: "it would only print a text",
  version: "it would only print a text",
};

/** Why an option of Dask's command line, in camelCase, is ours to give; undefined for one that is the caller's. */
export function whyOwned(option: string): string | undefined {
  return Object.hasOwn(OWNED, option) ? OWNED[option] : undefined;
}
