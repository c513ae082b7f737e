import { NotUnderstood, type WireReply, type WireRequest } from "../core/http-cloud.ts";
import { forbidden, jsonReply } from "./api-error.ts";
import { serviceDisabled } from "./gate.ts";
import type { Account } from "./state/account.ts";

export const TEST_PERMISSIONS = "projects.testIamPermissions";
const PATH = /^\/v1\/projects\/(?<project>[^/:]+):testIamPermissions$/u;
const MOST_PERMISSIONS = 100;

/** The project whose permissions a request asks for; undefined for any other request. */
export function permissionsProject({ method, url }: Pick<WireRequest, "method" | "url">): string | undefined {
  return method === "POST" ? PATH.exec(url.pathname)?.groups?.["project"] : undefined;
}

/** Cloud Resource Manager's `projects.testIamPermissions`: of those that are asked for, the ones that the caller has. It needs none itself. */
export function testPermissions(account: Account, request: WireRequest, isEnabled: boolean): WireReply {
  const project = permissionsProject(request) ?? "";
  if (!isEnabled) {
    throw serviceDisabled(project, "cloudresourcemanager.googleapis.com", "Cloud Resource Manager API");
  }
  const { permissions } = JSON.parse(request.body.toString()) as { permissions?: unknown };
  if (!Array.isArray(permissions) || permissions.length > MOST_PERMISSIONS) {
    throw new NotUnderstood(`permissions: ${typeof permissions}`);
  }
  if (!account.knows(project)) throw forbidden("resourcemanager.projects.get", `projects/${project}`);
  const held = account.owns(project) ? (permissions as string[]).filter((each) => account.permissions.has(each)) : [];
  return jsonReply(200, held.length === 0 ? {} : { permissions: held });
}
