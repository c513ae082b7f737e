import { loopbackTrust } from "@dask-fleet/simulated-clouds";
import { AccessTokens, AuthorityServer, credentialVariables } from "@dask-fleet/simulated-clouds/azure";

/** One authority for all simulated clouds of this process, since where it is stands in the process's environment. */
export class SharedAuthority {
  readonly tokens = new AccessTokens();
  #users = 0;
  #opening: Promise<AuthorityServer> | undefined;

  async begin(): Promise<void> {
    this.#users += 1;
    this.#opening ??= AuthorityServer.open(this.tokens);
    const { endpoint } = await this.#opening;
    Object.assign(process.env, {
      ...credentialVariables(endpoint),
      // Nothing else is asked for a token: not this computer's metadata service, nor its command lines.
      AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential",
      ...loopbackTrust(),
    });
  }

  async end(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const server = await this.#opening;
    this.#opening = undefined;
    await server?.[Symbol.asyncDispose]();
  }
}
