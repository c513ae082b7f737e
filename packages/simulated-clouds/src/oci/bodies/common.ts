import { z } from "zod";

import { NotUnderstood, type WireRequest } from "../../core/http-cloud.ts";

export const name = z.string().optional();
export const flag = z.boolean().optional();

/** Every resource's tags. */
export const tags = {
  freeformTags: z.record(z.string(), z.string()).optional(),
  definedTags: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
};

export interface TagsBody {
  readonly freeformTags?: Readonly<Record<string, string>> | undefined;
  readonly definedTags?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** The body of a request, as its schema has it. @throws NotUnderstood where a field is unknown or of another type */
export function parsed<Schema extends z.ZodType>(schema: Schema, { headers, body }: WireRequest): z.output<Schema> {
  if (!/^application\/json\b/u.test(headers["content-type"] ?? "")) {
    throw new NotUnderstood(`content-type ${headers["content-type"] ?? ""}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    throw new NotUnderstood("a body that is no JSON");
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new NotUnderstood(z.prettifyError(result.error));
}
