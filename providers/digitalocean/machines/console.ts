import type { Machine } from "../../../src/provider/machine.ts";

/** DigitalOcean has no call for what a droplet has printed: only its web page shows that, while the droplet is there. */
export function whereToLook({ id }: Machine): string {
  return (
    `DigitalOcean shows a droplet's console only in its control panel: https://cloud.digitalocean.com/droplets/${id}. ` +
    "To keep a droplet that fails, set `autoShutdown: false` and a longer `startTimeoutMs`; cloud-init's log is /var/log/cloud-init-output.log.\n"
  );
}
