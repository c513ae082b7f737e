import { invalid } from "../../../src/options/invalid.ts";

const NO_CLOUD_INIT = "have no cloud-init, which starts Dask on a machine";

/** Google's projects of public images that cannot become nodes, and why. */
const UNFIT: Readonly<Record<string, string>> = {
  "debian-cloud": NO_CLOUD_INIT,
  "centos-cloud": NO_CLOUD_INIT,
  "rocky-linux-cloud": NO_CLOUD_INIT,
  "rocky-linux-accelerator-cloud": NO_CLOUD_INIT,
  "almalinux-cloud": NO_CLOUD_INIT,
  "oracle-linux-cloud": NO_CLOUD_INIT,
  "rhel-cloud": NO_CLOUD_INIT,
  "rhel-byos-cloud": NO_CLOUD_INIT,
  "rhel-sap-cloud": NO_CLOUD_INIT,
  "suse-cloud": NO_CLOUD_INIT,
  "suse-byos-cloud": NO_CLOUD_INIT,
  "suse-sap-cloud": NO_CLOUD_INIT,
  "opensuse-cloud": NO_CLOUD_INIT,
  "fedora-cloud": NO_CLOUD_INIT,
  "fedora-coreos-cloud": "have Ignition instead of cloud-init, which starts Dask on a machine",
  "cos-cloud": "have a read-only /usr, where dask-fleet's scripts go",
  "windows-cloud": "are no Linux",
  "windows-sql-cloud": "are no Linux",
};

const SUBSTITUTE = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64";

/** @throws DaskFleetError `CONFIG_INVALID` for public images on which Dask would never start, without an error */
export function assertFitForNodes(option: string, project: string): void {
  const why = UNFIT[project];
  if (why === undefined) return;
  throw invalid(
    `The \`${option}\` option names an image of ${project}, whose images ${why}. Leave it out for the newest Ubuntu LTS, or take one of ubuntu-os-cloud, such as "${SUBSTITUTE}", or an image of your own with cloud-init.`,
  );
}
