import type { WireRequest } from "../../core/http-cloud.ts";
import { Violation } from "../errors.ts";
import { decodeInput } from "./decode.ts";
import { parseForm } from "./form.ts";
import type { OperationShape } from "./shapes.ts";

const VERSION = "2016-11-15";
const FORM = "application/x-www-form-urlencoded";

/** The query of a request: of its body, or of its URL. */
export function queryOf({ method, url, headers, body }: WireRequest): URLSearchParams {
  if (method === "GET") return url.searchParams;
  if (method !== "POST" || !(headers["content-type"] ?? "").startsWith(FORM)) {
    throw new Violation("InvalidRequest", `A query is a GET, or a POST of ${FORM}; this is a ${method}`);
  }
  return new URLSearchParams(body.toString("utf8"));
}

/** What an operation is given, in the SDK's words. */
export function readInput(query: URLSearchParams, { input }: OperationShape): Record<string, unknown> {
  const form = parseForm(query);
  form.children.delete("Action");
  const version = form.children.get("Version")?.value;
  form.children.delete("Version");
  if (version !== VERSION) {
    throw new Violation("NoSuchVersion", `The requested version (${version}) of service AmazonEC2 does not exist`);
  }
  return decodeInput(input, form);
}
