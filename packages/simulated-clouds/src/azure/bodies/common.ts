import { z } from "zod";

import { NotUnderstood, type WireRequest } from "../../core/http-cloud.ts";

export const tags = z.record(z.string(), z.string());
export const reference = z.strictObject({ id: z.string().startsWith("/subscriptions/") });

export type Tags = Readonly<z.output<typeof tags>>;

/** The body of a request, as its schema has it. @throws NotUnderstood where a field is unknown or of another type */
export function parsed<Schema extends z.ZodType>(schema: Schema, { headers, body }: WireRequest): z.output<Schema> {
  if (!/^application\/json\b/u.test(headers["content-type"] ?? "")) {
    throw new NotUnderstood(`content-type ${headers["content-type"] ?? ""}`);
  }
  const result = schema.safeParse(JSON.parse(body.toString()));
  if (result.success) return result.data;
  throw new NotUnderstood(z.prettifyError(result.error));
}
