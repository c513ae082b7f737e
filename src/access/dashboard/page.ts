import type { ServerResponse } from "node:http";

import type { SchedulerOptions } from "../../bootstrap/node-spec.ts";
import { DaskFleetError } from "../../errors.ts";
import type { Entry } from "./admission.ts";
import { SECURITY_HEADERS } from "./headers.ts";

/**
 * The path of the dashboard's first page, behind the prefix that `dask scheduler --dashboard-prefix` was given.
 *
 * @throws DaskFleetError `WRONG_STATE` when the scheduler was started without a dashboard
 */
export function dashboardPage({ dashboard, noDashboard, dashboardPrefix }: SchedulerOptions): string {
  if (dashboard === false || noDashboard === true) {
    throw new DaskFleetError(
      "WRONG_STATE",
      "The scheduler was started without a dashboard, as its schedulerOptions say.",
    );
  }
  // Of an option that is given several times Dask takes the last one.
  const prefix = String([dashboardPrefix ?? ""].flat().at(-1) ?? "");
  const names = prefix.split("/").filter((name) => name !== "");
  return `/${[...names, "status"].map(encodeURIComponent).join("/")}`;
}

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
