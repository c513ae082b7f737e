import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import type { Account } from "./state/account.ts";
import type { Vm } from "./state/vm.ts";

/** The blobs behind the URLs of `RetrieveBootDiagnosticsData`: the signature alone grants reading. */
export function bootDiagnostics(
  { method, url }: WireRequest,
  account: Account,
): WireReply | Promise<WireReply> | undefined {
  const { id } = /^\/bootdiagnostics\/(?<id>[^/]+)\/serialconsole\.log$/u.exec(url.pathname)?.groups ?? {};
  if (id === undefined || method !== "GET") return undefined;
  if (url.searchParams.get("sig") !== account.signatures.of(id)) return blobError(403, "AuthenticationFailed");
  const vm = account.vms.all.find(({ vmId }) => vmId === id);
  if (vm === undefined) return blobError(404, "BlobNotFound");
  return consoleOf(vm);
}

async function consoleOf({ machine }: Vm): Promise<WireReply> {
  const body = (await machine?.console()) ?? "";
  return { status: 200, headers: { "content-type": "application/octet-stream", "x-ms-blob-type": "AppendBlob" }, body };
}

function blobError(status: number, code: string): WireReply {
  return {
    status,
    headers: { "content-type": "application/xml", "x-ms-error-code": code },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>The request was refused.</Message></Error>`,
  };
}
