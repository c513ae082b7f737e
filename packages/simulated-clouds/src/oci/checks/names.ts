import { ApiError, invalid, notFound } from "../api-error.ts";
import type { TagsBody } from "../bodies/common.ts";
import type { Account } from "../state/account.ts";

const LONGEST_NAME = 255;
const MOST_FREEFORM = 10;
const MOST_DEFINED = 64;
const LONGEST_KEY = 100;
const LONGEST_VALUE = 256;

/** What all bodies that make or rename something must keep to. */
export function checkNamed(account: Account, body: TagsBody & { readonly displayName?: string | undefined }): void {
  const { displayName, freeformTags = {}, definedTags = {} } = body;
  if (displayName !== undefined && (displayName.length === 0 || displayName.length > LONGEST_NAME)) {
    throw invalid(`displayName size must be between 1 and ${LONGEST_NAME}`);
  }
  const defined = Object.values(definedTags).flatMap((tags) => Object.keys(tags));
  if (Object.keys(freeformTags).length > MOST_FREEFORM) {
    throw invalid(`freeformTags: maximum number of freeform tags is ${MOST_FREEFORM}`);
  }
  if (defined.length > MOST_DEFINED) throw invalid(`definedTags: maximum number of defined tags is ${MOST_DEFINED}`);
  for (const [key, value] of Object.entries(freeformTags)) {
    if (!/^[^\s.]+$/u.test(key) || key.length > LONGEST_KEY) throw invalid(`Invalid freeform tag key: '${key}'`);
    if (value.length > LONGEST_VALUE)
      throw invalid(`Invalid freeform tag value of '${key}': longer than ${LONGEST_VALUE}`);
  }
  checkDefined(account, definedTags);
}

/** hashicorp/terraform#32357: in these words. */
function checkDefined({ tagNamespaces }: Account, definedTags: NonNullable<TagsBody["definedTags"]>): void {
  for (const [namespace, tags] of Object.entries(definedTags)) {
    const keys = tagNamespaces[namespace];
    const missing = Object.keys(tags).find((key) => keys?.includes(key) !== true);
    if (keys !== undefined && missing === undefined) continue;
    const what =
      keys === undefined
        ? `TagNamespace ${namespace} does not exists.`
        : `TagDefinition ${namespace}.${missing} does not exists.`;
    throw new ApiError(
      400,
      "RelatedResourceNotAuthorizedOrNotFound",
      `The following tag namespaces / keys are not authorized or not found: ${what}`,
    );
  }
}

/** @throws ApiError 404 where there is no such compartment, or where the caller may not use it */
export function checkCompartment(account: Account, compartmentId: string | null | undefined): string {
  if (typeof compartmentId !== "string") throw new ApiError(400, "MissingParameter", "compartmentId may not be null");
  if (!account.knows(compartmentId)) throw notFound();
  return compartmentId;
}
