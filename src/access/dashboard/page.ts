import type { ServerResponse } from "node:http";

import type { SchedulerOptions } from "../../bootstrap/node-spec.ts";
import { DaskFleetError } from "../../errors.ts";
import type { Entry } from "./admission.ts";
import { SECURITY_HEADERS } from "./headers.ts";

/**
 * The path of the dashboard's first page, below the prefix of `dask scheduler --dashboard-prefix`.
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
  // Dask takes the last value of a repeated option.
  const prefix = String([dashboardPrefix ?? ""].flat().at(-1) ?? "");
  const names = prefix.split("/").filter((name) => name !== "");
  return `/${[...names, "status"].map(encodeURIComponent).join("/")}`;
}

/** Sets the cookie and redirects the browser to the URL without the key. */
export function welcome(response: ServerResponse, { location, fromElsewhere }: Entry, setCookie: string): void {
  const headers = {
    ...SECURITY_HEADERS,
    // This address holds the key: not even the next page may see it.
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "set-cookie": setCookie,
  };
  // After a link on another site, a redirect would still count as that site's request, and go without the cookie.
  if (fromElsewhere) response.writeHead(200, { ...headers, refresh: `0; url=${location}` });
  else response.writeHead(303, { ...headers, location });
  response.end();
}
