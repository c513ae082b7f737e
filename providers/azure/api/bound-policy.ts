import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

import { answerTooLarge, boundedBody } from "../../../src/cloud/api/answer-size.ts";
import type { Policy } from "./call-context.ts";

const ALL = new Set([Number.POSITIVE_INFINITY]);

/** Reads the answer's text in the place of the SDK's own HTTP client, which reads whatever comes. It stands next to that client. */
export const boundPolicy: Policy = {
  name: "daskFleetBoundPolicy",
  async sendRequest(request, next) {
    request.streamResponseStatusCodes = ALL;
    const response = await next(request);
    const { readableStreamBody: body, ...rest } = response;
    if (body === undefined) return response;
    const { method, url } = request;
    const action = `${method} ${new URL(url).pathname}`;
    const bodyAsText = await text(boundedBody(body as Readable, () => answerTooLarge("Azure", action)));
    return { ...rest, bodyAsText };
  },
};
