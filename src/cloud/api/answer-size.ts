import { type Readable, Transform, pipeline } from "node:stream";

import { CloudError } from "../errors/cloud-error.ts";

/**
 * Bytes of one answer of a cloud, unpacked. The largest are lists of a thousand machines, of some megabytes. A larger answer is not
 * the cloud's, and would fill the memory until the call times out.
 */
export const LARGEST_ANSWER: number = 64 * 1024 * 1024;

/** @param cloud as in a sentence: `EC2` */
export function answerTooLarge(cloud: string, action: string): CloudError {
  return new CloudError({
    code: "PROVIDER_FAILED",
    meaning: "unknown",
    elsewhere: false,
    sentence: `The response to ${action} is larger than ${LARGEST_ANSWER / 2 ** 20} MiB: it did not come from ${cloud}. Check proxy and endpoint.`,
    said: "",
    cloudCode: "AnswerTooLarge",
    refused: false,
  });
}

/** The same bytes, or `tooLarge` and the end of the connection. */
export function boundedBody(body: Readable, tooLarge: () => Error): Readable {
  let length = 0;
  const bounded = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      length += chunk.byteLength;
      if (length > LARGEST_ANSWER) done(tooLarge());
      else done(null, chunk);
    },
  });
  // The reader gets the errors.
  pipeline(body, bounded, () => undefined);
  return bounded;
}
