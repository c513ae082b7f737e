import type { WireRequest } from "../core/http-cloud.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { ApiError } from "./api-error.ts";
import { CLIENT } from "./authority.ts";
import type { Route } from "./routes.ts";
import type { Account } from "./state/account.ts";
import { SUBSCRIPTION } from "./state/shelf.ts";

interface Keys {
  readonly tokens: AccessTokens;
  readonly audiences: readonly string[];
  readonly forbidden: ReadonlySet<string>;
}

/** Lets a request in as Resource Manager does, before it is given to a provider of resources. @throws ApiError */
export function letIn({ operation, action, parts }: Route, request: WireRequest, account: Account, keys: Keys): void {
  const holder = keys.tokens.holderOf(request.headers["authorization"], keys.audiences);
  const { subscription = "", group } = parts;
  if (subscription.toLowerCase() !== SUBSCRIPTION) {
    throw new ApiError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
  }
  if (keys.forbidden.has(operation)) {
    throw new ApiError(
      403,
      "AuthorizationFailed",
      `The client '${CLIENT}' with object id '${holder}' does not have authorization to perform action '${action}' over scope ` +
        `'${request.url.pathname}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    );
  }
  if (group === undefined || [...account.groups].some((each) => each.toLowerCase() === group.toLowerCase())) return;
  throw new ApiError(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
}
