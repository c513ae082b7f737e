import type { ServerResponse } from "node:http";

import type { Entry } from "./admission.ts";
import { SECURITY_HEADERS } from "./headers.ts";

/** Gives the browser the cookie and sends it on to the URL without the key. */
export function welcome(response: ServerResponse, { location, fromElsewhere }: Entry, setCookie: string): void {
  const headers = {
    ...SECURITY_HEADERS,
    // The key is in this address: not even the next page is to know it.
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "set-cookie": setCookie,
  };
  // After a link on another site's page, a redirect would count as that page's request still, without the cookie.
  if (fromElsewhere) response.writeHead(200, { ...headers, refresh: `0; url=${location}` });
  else response.writeHead(303, { ...headers, location });
  response.end();
}
