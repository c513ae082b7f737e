import { Security, type SecurityFromOptions, type SecurityOptions } from "../../index.ts";
import { carrying } from "../../options/flags/flags.ts";
import { camelCase } from "../../options/option-names.ts";
import { isPlainObject } from "../../plain-object.ts";

type Keywords = Readonly<Record<string, unknown>>;

/** Constructor options that carry a Python caller's keyword arguments. */
export interface FromKeywords {
  readonly options: object;
  /** `debug=True`: dask-cloudprovider prints what its machines are told. */
  readonly wantsPreview: boolean;
}

/** Of Python's own side of a cluster. */
const PYTHONS_OWN = new Set(["asynchronous", "loop", "silence_logs", "debug"]);

/**
 * The keyword arguments of dask-cloudprovider's classes, where they differ from options of ours by more than their spelling.
 *
 * @throws DaskFleetError `SECURITY_INVALID`
 */
export function fromKeywords(given: Keywords = {}): FromKeywords {
  const wantsPreview = given["debug"] === true;
  const own = Object.entries(given).filter(([name, value]) => !PYTHONS_OWN.has(name) && !isNone(value));
  const keywords = [ofWorkerClass, ofIdentity, ofSecurity].reduce<Keywords>(
    (each, translate) => translate(each),
    Object.fromEntries(own),
  );
  return { options: carrying({ flags: [], keywords }), wantsPreview };
}

/** `worker_class="dask_cuda.CUDAWorker"` is a program of its own with us. */
function ofWorkerClass(keywords: Keywords): Keywords {
  const { worker_class: workerClass, ...others } = keywords;
  if (typeof workerClass !== "string" || !/^dask_cuda\.(?:.+\.)?CUDAWorker$/u.test(workerClass)) return keywords;
  return { worker_module: "dask cuda worker", ...others };
}

/** Azure's `extra_vm_options={"identity": identity.as_dict()}`. Anything else in it is checked by the provider. */
function ofIdentity(keywords: Keywords): Keywords {
  const { extra_vm_options: extra } = keywords;
  if (!isPlainObject(extra) || !isPlainObject(extra["identity"]) || "managed_identity" in keywords) return keywords;
  const { identity, ...others } = extra;
  const { type, user_assigned_identities: snake, userAssignedIdentities: ids = snake } = identity;
  const [id, ...more] = isPlainObject(ids) ? Object.keys(ids) : [];
  if (type !== "UserAssigned" || id === undefined || more.length > 0) return keywords;
  return { ...keywords, extra_vm_options: others, managed_identity: id };
}

const OF_TEMPORARY: ReadonlySet<string> = new Set(["delivery", "authority"]);

/** The fields of a `distributed.Security`; how temporary certificates are handled is an option like any other. */
function ofSecurity(keywords: Keywords): Keywords {
  const { security } = keywords;
  if (!isPlainObject(security) || Object.keys(security).every((name) => OF_TEMPORARY.has(name))) return keywords;
  const fields = Object.entries(security).map(([name, value]) => [camelCase(name), value]);
  const given = Object.fromEntries(fields) as SecurityOptions & SecurityFromOptions;
  return { ...keywords, security: "ca" in given ? Security.from(given) : new Security(given) };
}

function isNone(value: unknown): boolean {
  return value === undefined || value === null;
}
