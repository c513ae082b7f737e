import { DaskFleetError } from "../../../src/errors.ts";

/** The client below the SDK's, which its types hide. */
interface Below {
  readonly _client?: {
    readonly pathUnchecked?: (path: string) => {
      get(): Promise<{ readonly status: string; readonly body?: unknown }>;
    };
  };
}

/** A `GET` of what the SDK has no method for, with its credentials and its rules. Fails as its methods do. */
export async function askDirectly(client: object, path: string): Promise<unknown> {
  const { _client: below } = client as Below;
  if (below?.pathUnchecked === undefined) {
    throw new DaskFleetError("PROVIDER_FAILED", "This version of @azure/arm-compute has no way to ask for that.");
  }
  const { status, body } = await below.pathUnchecked(path).get();
  if (status === "200") return body;
  const { code, message } = ((body ?? {}) as { error?: { code?: unknown; message?: unknown } }).error ?? {};
  const text = typeof message === "string" ? message : `status ${status}`;
  throw Object.assign(new Error(text), { name: "RestError", statusCode: Number(status), code });
}
