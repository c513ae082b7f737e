import type { Readable } from "node:stream";

import type * as Sdk from "@aws-sdk/client-ec2";
import type { EC2, EC2ClientConfig } from "@aws-sdk/client-ec2";

import { answerTooLarge, boundedBody } from "../../../src/cloud/api/answer-size.ts";
import { proxyAgent } from "../../../src/cloud/api/proxy.ts";
import { sdkFailure } from "../../../src/cloud/errors/sdk-failure.ts";
import { DaskFleetError, messageOf } from "../../../src/errors.ts";
import { unlessAborted } from "../../../src/wait.ts";
import { explain, notUnderstood } from "../errors/ec2-error.ts";
import { hasInstances, leanInstances } from "./lean-instances.ts";
import { mayHaveActedBefore, ownRetries } from "./retries.ts";

interface ApiOptions {
  /** Undefined: what the SDK finds in AWS_REGION or the profile. */
  readonly region: string | undefined;
  /** Undefined: the SDK's own, or AWS_ENDPOINT_URL_EC2. */
  readonly endpoint: string | undefined;
  readonly apiRetries: number;
}

/** What the SDK found. */
type FoundCredentials = Awaited<ReturnType<EC2["config"]["credentials"]>>;

/** The options that every call of the SDK is given. */
interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** What the SDK's chain of credentials looks at in the configuration of the client that asks it. */
interface CredentialsConfig {
  readonly clientConfig: Pick<EC2ClientConfig, "requestHandler">;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** RunInstances for a hundred machines takes long. */
const ANSWER_TIMEOUT_MS = 60_000;

/** EC2's API in one region, through AWS' own SDK. Credentials come from the SDK's own chain and stay there. */
export class Ec2Api {
  readonly region: string;
  readonly endpoint: string | undefined;
  /** The SDK's own description of what RunInstances takes. */
  readonly runInstancesSchema: unknown;
  readonly #ec2: EC2;

  private constructor(
    ec2: EC2,
    { region, endpoint, runInstancesSchema }: Pick<Ec2Api, "region" | "endpoint" | "runInstancesSchema">,
  ) {
    this.#ec2 = ec2;
    this.region = region;
    this.endpoint = endpoint;
    this.runInstancesSchema = runInstancesSchema;
  }

  /** Loads the SDK. Nothing is sent yet. */
  static async open({ region, endpoint, apiRetries }: ApiOptions): Promise<Ec2Api> {
    const sdk = await loadEc2();
    // The SDK does not look at HTTPS_PROXY by itself.
    const proxy = await proxyAgent();
    const requestHandler = {
      ...(proxy === undefined ? {} : { httpAgent: proxy, httpsAgent: proxy }),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    };
    const config: EC2ClientConfig & CredentialsConfig = {
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: 1 + apiRetries,
      // Not "adaptive": that slows all operations down for one that is throttled, and EC2 counts each by itself.
      retryMode: "standard",
      requestHandler,
      // Single sign-on's own clients take nothing from this one.
      clientConfig: { requestHandler },
    };
    const ec2 = new sdk.EC2(config);
    ownRetries(ec2);
    boundAnswers(ec2);
    // It copies each answer for a log that nobody keeps: a sixth of the time for a list of a thousand machines.
    ec2.middlewareStack.remove("loggerMiddleware");
    const resolved = await resolvedRegion(ec2);
    return new Ec2Api(ec2, { region: resolved, endpoint, runInstancesSchema: sdk.RunInstancesRequest$ });
  }

  /** One call. Fails with an `Ec2Error`, or the signal's reason. */
  async call<Answer>(
    action: string,
    signal: AbortSignal,
    send: (ec2: EC2, options: CallOptions) => Promise<Answer>,
  ): Promise<Answer> {
    signal.throwIfAborted();
    try {
      const answer = await send(this.#ec2, { abortSignal: signal });
      if (tellsOfThings(action) && !hasList(answer)) throw notUnderstood(action);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      const { region, endpoint } = this;
      throw explain(error, { action, region, endpoint, mayHaveActed: mayHaveActedBefore(error) });
    }
  }

  /** All pages of a list. */
  async pages<Page extends { NextToken?: string | undefined }>(
    action: string,
    signal: AbortSignal,
    send: (ec2: EC2, page: { NextToken?: string }, options: CallOptions) => Promise<Page>,
  ): Promise<Page[]> {
    const pages: Page[] = [];
    let next: string | undefined;
    do {
      const token = next;
      const page = await this.call(action, signal, (ec2, options) =>
        send(ec2, token === undefined ? {} : { NextToken: token }, options),
      );
      pages.push(page);
      next = page.NextToken === "" ? undefined : page.NextToken;
    } while (next !== undefined);
    return pages;
  }

  /**
   * Finds the credentials by the SDK's own chain, which may call the metadata service or STS.
   *
   * @throws Ec2Error where there are none
   */
  async credentials(signal: AbortSignal): Promise<FoundCredentials> {
    return await this.call(
      "credentials",
      signal,
      async ({ config }) => await unlessAborted(signal, config.credentials()),
    );
  }

  /** Closes the connections. */
  close(): void {
    this.#ec2.destroy();
  }
}

/** The SDK reads whatever comes. */
function boundAnswers(ec2: EC2): void {
  ec2.middlewareStack.add(
    (next, { commandName = "a call" }) =>
      async (args) => {
        const handled = await next(args);
        const { response } = handled as { readonly response: { body?: unknown } };
        const action = commandName.replace(/Command$/, "");
        if (isStream(response.body)) {
          const bounded = boundedBody(response.body, () => answerTooLarge("EC2", action));
          response.body = hasInstances(action) ? await leanInstances(bounded) : bounded;
        }
        return handled;
      },
    // Innermost: what it gives on is read next.
    { name: "daskFleetBound", step: "deserialize", priority: "low" },
  );
}

function isStream(body: unknown): body is Readable {
  return typeof (body as { pipe?: unknown } | null | undefined)?.pipe === "function";
}

export async function loadEc2(): Promise<typeof Sdk> {
  try {
    return await import("@aws-sdk/client-ec2");
  } catch (cause) {
    throw sdkFailure("EC2Cluster", "@aws-sdk/client-ec2", cause);
  }
}

/** Whether an action's answer has a list, even an empty one. */
function tellsOfThings(action: string): boolean {
  return action.startsWith("Describe") || action === "RunInstances";
}

/** The SDK reads anything else, such as a proxy's page, as an empty answer. */
function hasList(answer: unknown): boolean {
  return Object.values(answer as object).some((field) => Array.isArray(field));
}

async function resolvedRegion(ec2: EC2): Promise<string> {
  try {
    return await ec2.config.region();
  } catch (cause) {
    ec2.destroy();
    const message =
      "EC2Cluster needs a region: set its `region` option, the variable AWS_REGION, or that of your AWS profile";
    throw new DaskFleetError("CONFIG_INVALID", `${message} (${messageOf(cause)}).`, { cause });
  }
}
