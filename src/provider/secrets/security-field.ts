import * as z from "zod";

import { asError } from "../../errors.ts";
import { describe, flag, instanceOf, oneOf } from "../../options/fields.ts";
import type { OwnCertificates } from "../../security/references/from-options.ts";
import { Security } from "../../security/security.ts";
import type { TemporarySecurity } from "../../security/temporary/temporary-security.ts";
import { certificateFields } from "./certificate-fields.ts";

/** How the temporary certificates of a cluster are handled. */
const temporaryFields = {
  delivery: describe(oneOf("join", "user-data").optional(), {
    description:
      "How machines come by temporary certificates. `join`: each makes its own key, and the launcher signs a certificate for it, so that no user data holds a key; growing and replacing need a launcher that has the CA's key. `user-data`: certificate and key of each role are in the user data, for launchers that cannot stay.",
    absent: "`join` on clouds that support it, else `user-data`",
  }),
  authority: describe(oneOf("memory", "record").optional(), {
    description:
      "Where the CA's key is. `memory`: in the launcher's memory, and in the cluster's record from the moment it is detached. `record`: in the record (mode 0600) from the start, so that a launcher on this computer that takes over after a crash can add workers and renew certificates.",
    absent: "`memory`",
  }),
};

type Mapping = TemporarySecurity | OwnCertificates;

// One mapping for both: an error names the part that is wrong.
const mapping = z.strictObject({ ...temporaryFields, ...certificateFields }).superRefine((given, context) => {
  const [own, temporary] = [certificateFields, temporaryFields].map((fields) =>
    Object.keys(fields).filter((name) => given[name as keyof typeof given] !== undefined),
  );
  if (own === undefined || own.length === 0) return;
  const refuse = (message: string, ...path: readonly string[]): void =>
    context.addIssue({ code: "custom", message, path: [...path] });
  const [named] = temporary ?? [];
  if (named !== undefined) refuse(`left out beside certificates of your own: it is for temporary ones`, named);
  if (given.ca === undefined) refuse("given: the CA that your certificates lead to", "ca");
  if (given.cert === undefined && (given.client === undefined || given.key !== undefined))
    refuse("given: the certificate of every role without a pair of its own", "cert");
}) as unknown as z.ZodType<Mapping, Mapping>;

/** The option `security`. Certificates of the user's own become a `Security`; their files are read at the start. */
export const securityField = z
  .union([flag(), instanceOf(Security, "a Security"), mapping])
  .transform((given, context): boolean | Security | TemporarySecurity => {
    if (typeof given === "boolean" || given instanceof Security || !("ca" in given)) return given;
    try {
      return Security.from(given);
    } catch (error) {
      const message = `certificates that fit together (${asError(error).message.replace(/\.$/, "")})`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
  });
