import { randomUUID } from "node:crypto";

import type { WireReply } from "../../core/http-cloud.ts";
import type { Ec2Error } from "../errors.ts";
import { encodeMembers } from "./encode.ts";
import type { OperationShape } from "./shapes.ts";
import { element, escapeXml, xmlDocument } from "./xml.ts";

const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/** The answer of an operation, in the words of its description. */
export function resultReply(operation: string, { output }: OperationShape, result: object): WireReply {
  const requestId = randomUUID();
  const content = `${element("requestId", requestId)}${encodeMembers(output, result)}`;
  const name = `${operation}Response`;
  return reply(200, requestId, `<${name} xmlns="${NAMESPACE}">${content}</${name}>`);
}

export function errorReply({ code, message, status }: Pick<Ec2Error, "code" | "message" | "status">): WireReply {
  const requestId = randomUUID();
  const error = element("Error", `${element("Code", code)}${element("Message", escapeXml(message))}`);
  return reply(status, requestId, element("Response", `${element("Errors", error)}${element("RequestID", requestId)}`));
}

function reply(status: number, requestId: string, root: string): WireReply {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId },
    body: xmlDocument(root),
  };
}
