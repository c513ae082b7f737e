import * as z from "zod";

import { describe, flag, text } from "../../options/fields.ts";
import { isPemText } from "../../security/certificates/pem-source.ts";
import { SYSTEM_CA } from "../../security/certificates/well-known-ca.ts";
import type { TlsFile } from "../../security/node-tls.ts";
import { isFilePath } from "../../security/references/file-references.ts";
import { isReference, parseReference } from "../../security/references/parse-reference.ts";
import { whyUnfit } from "../../security/references/uses.ts";

const EXPECTED = "a path, a PEM text or a reference to a secret";
/** Never shown: a certificate's text may hold its key. */
const PATH = { expected: EXPECTED, secret: true } as const;

function file(use: TlsFile, description: string, absent?: string): z.ZodString {
  const given = text().superRefine((value, context) => {
    const problem = problemOf(value, use);
    if (problem !== undefined) context.addIssue({ code: "custom", message: `${EXPECTED} (it ${problem})` });
  });
  return describe(given, { ...PATH, description, ...(absent === undefined ? {} : { absent }) });
}

function problemOf(value: string, use: TlsFile): string | undefined {
  if (isFilePath(value) || isPemText(value) || value === SYSTEM_CA) return undefined;
  const parsed = parseReference(value);
  return isReference(parsed) ? whyUnfit(parsed, use) : parsed.problem.replace(/\.(?= Did|$)/, ";");
}

const key = file("key", "Its private key.", "the key in `cert`").optional();

function pair(whose: string) {
  const cert = file("cert", "The certificate, then its intermediates.");
  return describe(z.strictObject({ cert, key }).optional(), {
    description: `${whose} own pair.`,
    absent: "`cert` and `key`",
    expected: "a mapping of `cert` and `key`",
  });
}

const place = text({ pattern: /^(?:\/[\w.@+-]+)+$/, expected: "an absolute path on the machine" });
const version = describe(z.union([z.literal("1.2"), z.literal("1.3"), z.literal(1.2), z.literal(1.3)]), {
  expected: "1.2 or 1.3",
});

/** Certificates of the user's own, by the names of `Security.from`. Each file is a path, a PEM text or a reference to a secret. */
export const certificateFields = {
  ca: file(
    "ca",
    "The CA certificates that every peer must lead to, or `system`: those that this computer trusts.",
  ).optional(),
  cert: file("cert", "The certificate of every role without a pair of its own.").optional(),
  key,
  scheduler: pair("The scheduler's"),
  worker: pair("The workers'"),
  client: pair("The client's"),
  serverName: describe(text().optional(), { description: "A DNS name that the scheduler's certificate must have." }),
  locations: describe(
    z.strictObject({ ca: place.optional(), cert: place.optional(), key: place.optional() }).optional(),
    { description: "Where on the machines the files are wanted besides, as absolute paths." },
  ),
  allowPublicCa: describe(flag().optional(), {
    description: "Whether `ca` may be a CA that signs for the owner of any name.",
  }),
  requireEncryption: describe(flag().optional(), { description: "Whether Dask refuses every unencrypted connection." }),
  tlsCiphers: describe(text().optional(), { description: "OpenSSL's cipher list for TLS 1.2." }),
  tlsMinVersion: describe(version.optional(), { description: "The oldest accepted version of TLS." }),
  tlsMaxVersion: describe(version.optional(), { description: "The newest accepted version of TLS." }),
};
