/** What the agent's parts are told, the same on the scheduler and on all workers. Plain JSON values, no secrets. */
export interface AgentSettings {
  /** The cluster's name, for log lines. */
  readonly cluster: string;
}
