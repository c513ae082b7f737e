import { WireServer } from "@dask-fleet/simulated-clouds";
import { AccessTokens, CredentialServer } from "@dask-fleet/simulated-clouds/gcp";

const TOKEN_LIFETIME_SECONDS = 3600;

/**
 * One metadata server for all simulated clouds of this process, since where it is stands in the process's environment. It is there
 * as long as any of them.
 */
export class SharedCredentials {
  readonly tokens = new AccessTokens(TOKEN_LIFETIME_SECONDS);
  readonly #server: CredentialServer;
  #users = 0;
  #wire: Promise<WireServer> | undefined;

  constructor(project: string) {
    this.#server = new CredentialServer(this.tokens, project);
  }

  async begin(): Promise<void> {
    this.#users += 1;
    this.#wire ??= WireServer.open(async (request) => this.#server.answer(request) ?? { status: 404 });
    const { host } = new URL((await this.#wire).endpoint);
    Object.assign(process.env, {
      GCE_METADATA_HOST: host,
      METADATA_SERVER_DETECTION: "assume-present",
      GOOGLE_APPLICATION_CREDENTIALS: "",
      CLOUDSDK_CONFIG: "/nonexistent/gcloud",
    });
  }

  async end(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const wire = this.#wire;
    this.#wire = undefined;
    await (await wire)?.[Symbol.asyncDispose]();
  }
}
