import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isReference, parseReference } from "../../../../src/security/references/parse-reference.ts";
import { referenceText } from "../../../../src/security/references/reference-text.ts";
import { STORES } from "../../../../src/security/references/stores.ts";
import { EXAMPLES } from "./examples.ts";

function problemOf(text: string): string {
  const parsed = parseReference(text);
  return isReference(parsed) ? "none" : parsed.problem;
}

describe("A reference to a secret", () => {
  const examples = EXAMPLES.map(([text, reference, canonical = text]) => [text, reference, canonical] as const);

  it.each(examples)("%s is read, and written so that it reads the same", (text, reference, canonical) => {
    expect(parseReference(text)).toEqual(reference);
    expect(referenceText(reference)).toBe(canonical);
    expect(parseReference(canonical)).toEqual(reference);
  });

  it("has an example for each store", () => {
    expect(new Set(EXAMPLES.map(([, { store }]) => store))).toEqual(new Set(STORES));
  });

  it.each<[string, RegExp]>([
    ["gcp_sm:projects/p/secrets/s", /^names no store: expected one of aws-sm:, .*Did you mean gcp-sm:\?$/],
    ["aws-sm:", /^names nothing behind aws-sm:: expected aws-sm:NAME or/],
    ["aws-sm:a?regoin=eu-west-1", /unknown parameter \(did you mean "region"\?\)/],
    ["aws-sm:a?x=1", /unknown parameter \(known: region, version\)/],
    ["aws-sm:a?region=here", /no region of AWS's/],
    ["aws-sm:a?region=eu-west-1&region=eu-west-2", /the parameter region twice/],
    ["aws-sm:arn:aws:ssm:eu-west-1:123456789012:parameter/a", /no ARN of a secret/],
    [
      "aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:a?region=eu-west-2",
      /an ARN of another region than its \?region/,
    ],
    ["aws-ssm:a?version=latest", /no number of a version/],
    ["aws-sm:a#b#c", /more than one #FIELD/],
    ["aws-sm:a b", /a character that no reference has/],
    ["gcp-sm:p/s", /names no secret of a project: expected gcp-sm:projects\/PROJECT/],
    ["gcp-sm:projects/lab-1234/secrets/s?version=1", /a parameter, which this store has not/],
    ["azure-kv:https://vault.example.com/secrets/a", /no vault's of Azure/],
    ["azure-kv:https://lab.vault.azure.net.example.com/secrets/a", /no vault's of Azure/],
    ["azure-kv:lab", /no name of a secret/],
    ["oci-cert:ocid1.certificateauthority.oc1.eu-frankfurt-1.abc", /did you mean oci-cert-authority:\?/],
    ["oci-vault:ocid1.instance.oc1.eu-frankfurt-1.abc", /the OCID of something else: expected/],
    ["oci-cert:x", /has no OCID/],
    ["oci-cert:ocid1.certificate.oc1..abc#key", /a #FIELD, which this store has not/],
    ["vault:http://vault.example.com/v1/a?auth=aws&role=r#f", /unencrypted/],
    ["vault:https://me:secret@vault.example.com/v1/a?auth=aws&role=r#f", /a login in its URL/],
    ["vault:https://vault.example.com/v1/../sys/raw?auth=aws&role=r#f", /no secret's/],
    ["vault:https://vault.example.com/v1/a?auth=aws&role=r", /names no #FIELD/],
    ["vault:https://vault.example.com/v1/a?role=r#f", /names no login of the machine/],
    ["vault:https://vault.example.com/v1/a?auth=aws#f", /names no role/],
    [`aws-sm:${"a".repeat(3000)}`, /longer than the 2048 characters/],
  ])("%s is refused with the expected form", (text, problem) => {
    expect(problemOf(text)).toMatch(problem);
  });

  it("is never quoted where it is refused: it may be the secret itself", () => {
    const secret = fc.string({
      minLength: 8,
      maxLength: 60,
      unit: fc.constantFrom(...Array.from("QWXZ0123456789_$%/?#&=\n ")),
    });
    fc.assert(
      fc.property(fc.constantFrom("", ...STORES.map((store) => `${store}:`)), secret, (prefix, value) => {
        for (const part of value.split(/[^\w$%]+/).filter(({ length }) => length > 5)) {
          expect(problemOf(prefix + value)).not.toContain(part);
        }
      }),
    );
  });

  it("of any text is a reference that reads the same, or a problem on one printable line", () => {
    const pieces = fc.constantFrom(
      ...Array.from("?#&=/:."),
      "region=eu-west-1",
      "arn:aws:",
      "projects/",
      "secrets/",
      "https://",
      "v1/",
      "..",
      "@",
      "\n",
      "\u001B[2J",
      "\u202E",
      "\0",
      "a",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join("")),
      fc
        .constantFrom(...EXAMPLES.map(([text]) => text))
        .chain((text) =>
          fc.tuple(fc.nat(text.length), pieces).map(([at, piece]) => text.slice(0, at) + piece + text.slice(at)),
        ),
    );
    fc.assert(
      fc.property(fc.constantFrom("", ...STORES.map((store) => `${store}:`)), texts, (prefix, text) => {
        const parsed = parseReference(prefix + text);
        if (isReference(parsed)) expect(parseReference(referenceText(parsed))).toEqual(parsed);
        else expect(parsed.problem).toMatch(/^[ -~…]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads hostile length in no time to speak of", () => {
    for (const store of STORES) {
      for (const piece of ["a", "a-", "a/", "?a=b", "#", ".", "a.", "-"]) {
        expect(problemOf(`${store}:${piece.repeat(100_000)}`)).toMatch(/longer than/);
        expect(typeof problemOf(`${store}:${piece.repeat(500)}`)).toBe("string");
      }
    }
  });
});
