import { expect, test } from "vitest";

import { RequestFailure } from "../../../providers/digitalocean/api/retries.ts";
import { explain } from "../../../providers/digitalocean/errors/droplet-error.ts";
import { SAID, type Said } from "./said.ts";

function error({ action, status, id, message, headers = {} }: Said): ReturnType<typeof explain> {
  const request = new RequestFailure({ status, code: id, message, headers: new Headers(headers) });
  return explain(request, { action, baseUrl: "https://api.digitalocean.com/v2", attempts: 3 });
}

test.each(
  SAID.map((said): [number | string, string, string, Said] => [
    said.status ?? "no answer",
    said.id,
    said.message,
    said,
  ]),
)("%s %s %j has a meaning and names the next step", (_status, _id, _message, said) => {
  const told = error(said);
  expect(told).toMatchObject({ meaning: said.meaning, sentence: expect.stringMatching(said.names) });
  expect(told.message).toContain(said.action);
  expect(told.message).toContain(said.message);
  // Only a lack of capacity is helped by another region or size.
  expect(told.elsewhere).toBe(said.meaning === "capacity" || said.meaning === "quota");
});

test("a refusal took no effect; a server error or lost answer may have", () => {
  const unknown = SAID.filter((said) => !error(said).refused);
  expect(new Set(unknown.map(({ status, id }) => status ?? id))).toEqual(
    new Set([500, 502, 503, 504, "ETIMEDOUT", "ECONNABORTED", "ECONNRESET", "", ...tls()]),
  );
});

/** A handshake that fails after bytes were sent: the request was not among them, but the code alone does not tell. */
function tls(): readonly string[] {
  return SAID.map(({ id }) => id).filter((id) => /CERT/.test(id));
}
