import type { SchedulerOptions } from "../../bootstrap/node-spec.ts";
import { DaskFleetError } from "../../errors.ts";

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
