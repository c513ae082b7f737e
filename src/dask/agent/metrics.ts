import type { AgentLink, AskOptions } from "./link.ts";

/** The metrics of the scheduler and of all workers, as a Prometheus text (`templates/agent/metrics.py`). */
export async function metricsText(link: AgentLink, options: AskOptions = {}): Promise<string> {
  return (await link.ask({ op: "fleet_metrics" }, options)).map().get("text").text();
}
