import * as fc from "fast-check";
import { expect, test } from "vitest";

import { printable, printableJson } from "../../../../src/text/printable.ts";
import { HOSTILE_OUTPUTS } from "../../../support/hostile-output.ts";

test.each(Object.entries(HOSTILE_OUTPUTS))("JSON with a text that %s is printable, and means the same", (_, text) => {
  const json = printableJson({ [text]: [text] }, 2);
  expect(printable(json)).toBe(json);
  expect(JSON.parse(json)).toEqual({ [text]: [text] });
});

test("any value is the same after printableJson", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(printableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
