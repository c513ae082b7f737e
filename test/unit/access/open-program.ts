// Opens a dashboard, uses it, closes nothing, and returns.
import { openDashboard } from "../../../src/access/dashboard/dashboard.ts";
import { visit } from "../../support/dashboard-visitor.ts";

const dashboard = await openDashboard({
  target: { address: { scheme: "tcp", host: "127.0.0.1", port: Number(process.argv[2]) }, tls: undefined },
});
const { get } = await visit(dashboard.url);
console.log((await (await get("/status")).text()).trim());
