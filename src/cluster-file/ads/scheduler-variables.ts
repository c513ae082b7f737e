/** What ADS tells a program about the scheduler: `Client(f"{os.environ['SCHEDULER_IP']}:8786")` is how its programs connect. */
export function schedulerVariables(address: string): Readonly<Record<string, string>> {
  const { protocol, hostname, port } = new URL(address);
  return { SCHEDULER_IP: protocol === "tls:" ? `tls://${hostname}` : hostname, SCHEDULER_PORT: port };
}
