import * as z from "zod";

import { describe, text } from "../../options/fields.ts";
import { isReference, parseReference } from "../../security/references/parse-reference.ts";
import { whyUnfit } from "../../security/references/uses.ts";
import type { RegistryOptions, SecretValue } from "./secret-values.ts";

const reference = text().superRefine((given, context) => {
  const parsed = parseReference(given);
  const problem = isReference(parsed) ? whyUnfit(parsed, "value") : parsed.problem;
  if (problem === undefined) return;
  context.addIssue({ code: "custom", message: `a reference to a secret (it ${problem.replace(/\.(?= Did|$)/, ";")})` });
});

const source = describe(z.strictObject({ from: reference }), {
  expected: "`{ from: … }` with a reference to a secret",
});

/** A text, or a mapping that says where it is. */
export function secretValue(value: z.ZodString): z.ZodType<SecretValue, SecretValue> {
  return describe(z.union([value, source]), {
    expected: "a string, or `{ from: … }` with a reference to a secret, such as gcp-sm:projects/lab/secrets/token",
    expectedInText: "a string",
    type: "SecretValue",
    plainText: true,
  });
}

const REGISTRY = /^[A-Za-z0-9][A-Za-z0-9.:/_-]{0,255}$/;

/** Logins by registry. Their passwords are never shown. */
export function registryLogins(): z.ZodReadonly<z.ZodRecord<z.ZodString, z.ZodType<RegistryOptions, RegistryOptions>>> {
  const name = describe(z.string().regex(REGISTRY), { expected: "a registry, such as ghcr.io" });
  const username = text({ pattern: /^[^:\p{Cc}]+$/u, expected: "a user's name, without a colon" });
  // One of one: its members are no options of their own, as those of worker groups are.
  const login = describe(z.union([z.strictObject({ username, password: secretValue(text()) })]), {
    expected: "a mapping of username and password",
    type: "RegistryOptions",
  });
  return describe(z.record(name, login).readonly(), {
    expected: "a mapping of registries to their logins",
    keys: "verbatim",
    secret: true,
  });
}
