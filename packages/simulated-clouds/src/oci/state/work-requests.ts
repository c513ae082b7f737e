import { notFound } from "../api-error.ts";
import { newOcid } from "../ocid.ts";
import { timestamp } from "./resource.ts";

/** What became of something that was accepted. */
export interface WorkRequest {
  readonly id: string;
  readonly compartmentId: string;
  readonly operationType: string;
  readonly acceptedAt: number;
  /** What it was about: an id and its kind, such as `instance`. */
  readonly resource: { readonly identifier: string; readonly entityType: string };
  /** Undefined while it is under way. */
  outcome: "SUCCEEDED" | "FAILED" | undefined;
  error: { readonly code: string; readonly message: string; readonly at: number } | undefined;
}

export class WorkRequests {
  readonly #region: string;
  readonly #requests = new Map<string, WorkRequest>();

  constructor(region: string) {
    this.#region = region;
  }

  open(request: Pick<WorkRequest, "compartmentId" | "operationType" | "acceptedAt" | "resource">): WorkRequest {
    const id = newOcid("coreservicesworkrequest", this.#region);
    const opened = { ...request, id, outcome: undefined, error: undefined };
    this.#requests.set(id, opened);
    return opened;
  }

  get(id: string): WorkRequest {
    const request = this.#requests.get(id);
    if (request === undefined) throw notFound();
    return request;
  }

  /** The newest first. */
  get all(): readonly WorkRequest[] {
    return [...this.#requests.values()].toReversed();
  }
}

export function workRequestSummary(request: WorkRequest): Readonly<Record<string, unknown>> {
  const { id, compartmentId, operationType, acceptedAt, outcome } = request;
  return {
    id,
    compartmentId,
    operationType,
    status: outcome ?? "IN_PROGRESS",
    percentComplete: outcome === undefined ? 20 : 100,
    timeAccepted: timestamp(acceptedAt),
  };
}

export function workRequestJson(request: WorkRequest): Readonly<Record<string, unknown>> {
  const { resource } = request;
  return {
    ...workRequestSummary(request),
    resources: [{ ...resource, actionType: "CREATED", entityUri: `/20160918/instances/${resource.identifier}` }],
  };
}
