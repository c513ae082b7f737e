import type { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";

import { leanProtos } from "./lean-protos.ts";
import { type ClientOptions, type Gax, loadService, type ServiceClass } from "./sdk.ts";

export type Auth = InstancesClient["auth"];
type AuthOptions = NonNullable<ClientOptions["clientOptions"]>;
export type Transporter = NonNullable<Extract<AuthOptions, { transporter?: unknown }>["transporter"]>;

/** What can be changed of a request before it is sent. */
export interface GoogleRequest {
  readonly url: URL;
  agent?: unknown;
  /** The most bytes of an answer, unpacked. */
  size?: number;
  redirect?: "manual" | "follow" | "error";
}

/** A message of the API, as the SDK describes it. */
export interface Message {
  readonly fields: Readonly<Record<string, { readonly type: string; readonly keyType?: string }>>;
  /** A type by its name, as seen from this message; null for a word such as `string`. */
  lookup(type: string): Partial<Message> | null;
}

/** What Google's SDK is made of, as far as it is used. */
export interface SdkParts {
  readonly GoogleAuth: new (options: { readonly authClient: unknown; readonly projectId?: string }) => Auth;
  readonly JWT: new (options: {
    readonly email: string;
    readonly key: string;
    readonly scopes: string[];
    readonly transporter?: Transporter;
  }) => object;
  /** The HTTP client below both. */
  readonly Gaxios: new () => Transporter;
  /**
   * The base of the SDK's clients. As it is, each client hashes the SDK's description of the API, megabytes of JSON, only to find
   * what was made of it before; and for each refusal with details it makes everything anew, which blocks the process for half a
   * second. Here both happen once.
   */
  readonly gax: Gax;
  readonly messages: { lookup(type: string): Partial<Message> | null };
}

interface Fallback {
  readonly GrpcClient: new (options?: unknown) => { loadProtoJSON(json: object): unknown };
  readonly protobuf: object;
}

let parts: Promise<SdkParts> | undefined;

/** Loads the SDK where that has not happened. */
export async function sdkParts(): Promise<SdkParts> {
  parts ??= takeApart();
  try {
    return await parts;
  } catch (error) {
    parts = undefined;
    throw error;
  }
}

/** The fields of a client of the SDK that are read here. */
interface Inside {
  readonly _gaxModule: Fallback;
  readonly _protos: SdkParts["messages"];
}

/**
 * The very copies that the SDK uses itself, taken from a client of it that nobody uses: to find them as packages does not work where a
 * bundler has taken them in, nor where a package sees its own dependencies only.
 */
async function takeApart(): Promise<SdkParts> {
  const Client = await loadService("instances");
  const gax = withMemory(fallbackOf(Client) ?? (new Client({}) as unknown as Inside)._gaxModule);
  const client = new Client({}, gax);
  const { auth } = client;
  const jwt = auth.fromAPIKey("none");
  return {
    GoogleAuth: auth.constructor as SdkParts["GoogleAuth"],
    JWT: jwt.constructor as SdkParts["JWT"],
    Gaxios: jwt.transporter.constructor as SdkParts["Gaxios"],
    gax,
    messages: (client as unknown as Inside)._protos,
  };
}

/**
 * The base of a client, from a constructor that is stopped before it makes objects of the whole API. Undefined where the constructor
 * works in another way.
 */
function fallbackOf(Client: ServiceClass<"instances">): Fallback | undefined {
  let inside: Partial<Inside> | undefined;
  const prototype = new Proxy(Client.prototype as object, {
    get(target, name, receiver) {
      if (name === "constructor") inside = receiver as Partial<Inside>;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  const Unfinished = Object.defineProperty(Client.bind(undefined), "prototype", { value: prototype });
  const auth = {
    set defaultServicePath(_path: string) {
      throw new Error("The client's constructor has come far enough");
    },
  };
  try {
    Reflect.construct(Client, [{ auth }], Unfinished);
  } catch {
    // Stopped, or it works in another way: a client that is finished tells what is wrong.
  }
  return inside?._gaxModule;
}

function withMemory(fallback: Fallback): Gax {
  const roots = new WeakMap<object, unknown>();
  const rootOf = (json: object, load: (lean: object) => unknown): unknown => {
    const root = roots.get(json) ?? load(leanProtos(json));
    roots.set(json, root);
    return root;
  };
  class GrpcClient extends fallback.GrpcClient {
    override loadProtoJSON(json: object): unknown {
      return rootOf(json, (lean) => super.loadProtoJSON(lean));
    }
  }
  const Root = { fromJSON: (json: object) => rootOf(json, (lean) => new GrpcClient().loadProtoJSON(lean)) };
  const protobuf = { ...fallback.protobuf, Root };
  return { fallback: { ...fallback, GrpcClient, protobuf } } as unknown as Gax;
}
