import { accessSync, constants } from "node:fs";

import { Security } from "../../security/security.ts";
import { inFolder } from "./code-folder.ts";
import type { TlsPaths } from "./start-options.ts";

/** The TLS files of both roles, and what is to be said about them. */
export interface TlsFiles {
  /** Undefined: the cluster gets temporary certificates. */
  readonly security: Security | undefined;
  readonly notes: readonly string[];
}

interface Here {
  readonly isCloud: boolean;
  /** Whether the document has them downloaded. */
  readonly downloads: boolean;
  /** The document's folder. */
  readonly folder: string;
}

/**
 * The certificates of `startOptions`. The paths are the machine's; this process connects to the scheduler, too, and needs the same files:
 * it reads them here, and sends each machine its own. Without them here a cluster of its own certificates is as well encrypted.
 */
export function tlsFiles(main: TlsPaths, worker: TlsPaths, { isCloud, downloads, folder }: Here): TlsFiles {
  const ca = main.ca ?? worker.ca;
  const scheduler = { cert: main.cert ?? worker.cert, key: main.key ?? worker.key };
  const workers = { cert: worker.cert ?? main.cert, key: worker.key ?? main.key };
  const named = [...new Set([ca, scheduler.cert, scheduler.key, workers.cert, workers.key])];
  const paths = named.filter((path) => path !== undefined);
  if (paths.length === 0) return { security: undefined, notes: [] };
  if (ca === undefined || scheduler.cert === undefined) {
    const lacks = ca === undefined ? "--tls-ca-file" : "--tls-cert";
    return { security: undefined, notes: [`startOptions lack ${lacks}: the cluster gets temporary certificates.`] };
  }
  const missing = paths.filter((path) => readable(path, folder) === undefined);
  if (missing.length > 0) {
    const how = downloads ? "Download them to these paths" : "Copy them out of the image, to these paths or into it,";
    const note =
      `The TLS files ${missing.join(", ")} are neither on this computer nor in ${folder}, and it needs them to connect: the cluster gets ` +
      `temporary certificates, made for it, and mutual TLS. ${how} to use your own.`;
    return { security: undefined, notes: [note] };
  }
  const notes = [
    ...(isCloud
      ? ["The TLS files are read on this computer and sent to the machines; copies in the image are not used."]
      : []),
    ...(main.ca !== undefined && worker.ca !== undefined && main.ca !== worker.ca
      ? [`A cluster has one CA: ${main.ca} of main, and not ${worker.ca} of worker.`]
      : []),
  ];
  const at = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readable(path, folder);
  const security = new Security({
    tlsCaFile: at(ca),
    tlsClientCert: at(scheduler.cert),
    tlsClientKey: at(scheduler.key),
    tlsSchedulerCert: at(scheduler.cert),
    tlsSchedulerKey: at(scheduler.key),
    tlsWorkerCert: at(workers.cert),
    tlsWorkerKey: at(workers.key),
  });
  return { security, notes };
}

/** Where a file of the machines is here: at the same path, or in the folder that their image was built from. */
function readable(path: string, folder: string): string | undefined {
  return [path, inFolder(path, folder)].find((each) => each !== undefined && isReadable(each));
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
