/**
 * The simulated clouds, whose machines are on paper, for programs of other processes. Their credentials, and where the certificates for
 * their machines' identity documents are, stand in the environment of this process, and so in theirs.
 */
export async function openClouds() {
  const { allProviders } = await import("../../../test/conformance/adapters.ts");
  await using opened = new AsyncDisposableStack();
  const worlds = [];
  for (const provider of await allProviders()) {
    worlds.push([provider, opened.use(await provider.open({ boot: "paper" }))]);
  }
  for (const [, { cloud }] of worlds) {
    const variables = Object.entries(cloud.environment());
    Object.assign(
      process.env,
      Object.fromEntries(variables.filter(([name]) => name.endsWith("__IDENTITY_CERTIFICATES"))),
    );
  }
  const kept = opened.move();
  return {
    /** What leads to each, as options of its cluster. */
    async options() {
      const entries = worlds.map(async ([{ name, where }, { cloud }]) => {
        const token = await cloud.credential?.getToken();
        return [name, { ...COMMON, ...where, endpoint: cloud.endpoint, ...(token === undefined ? {} : { token }) }];
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    async [Symbol.asyncDispose]() {
      await kept.disposeAsync();
    },
  };
}

/** As impatient as these clouds are fast, but for their twenty minutes without work, which are over in 1.2 s. */
const COMMON = { nWorkers: 1, allowedCidrs: ["127.0.0.1/32"], pollIntervalMs: 20, listLagMs: 150, idleTimeoutMs: 0 };
