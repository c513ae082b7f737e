import type { Meaning } from "../../../src/errors.ts";

/** What Compute Engine can answer to one kind of call, and what each means. */
export interface PublishedCodes {
  readonly source: string;
  readonly action: string;
  readonly status: number | undefined;
  readonly codes: Readonly<Partial<Record<Meaning, string>>>;
}

/** Reasons of HTTP errors: Google's list for all its APIs, and what Compute Engine's own pages add. */
const HTTP: readonly PublishedCodes[] = [
  {
    source: "reasons of all Google APIs, HTTP 400",
    action: "instances.insert",
    status: 400,
    codes: {
      configuration:
        "badRequest invalid invalidHeader invalidParameter invalidQuery parseError required unknownApi turnedDown invalidUsage invalidResourceUsage unsupportedProtocol",
      credentials: "keyInvalid keyExpired",
      transient: "resourceNotReady resourceInUseByAnotherResource notReady resourceInUse",
    },
  },
  {
    source: "reasons of all Google APIs, HTTP 401",
    action: "instances.insert",
    status: 401,
    codes: { credentials: "authError expired lockedDomainExpired required unauthorized" },
  },
  {
    source: "reasons of all Google APIs, HTTP 402",
    action: "instances.insert",
    status: 402,
    codes: { quota: "dailyLimitExceeded402", permission: "quotaExceeded402 user402" },
  },
  {
    source: "reasons of all Google APIs, HTTP 403",
    action: "instances.insert",
    status: 403,
    codes: {
      permission: "forbidden accessNotConfigured insufficientPermissions permissionDenied",
      credentials:
        "accountDeleted accountDisabled accountUnverified insufficientAudience insufficientAuthorizedParty lockedDomainForbidden unknownAuth",
      policy: "domainPolicy",
      quota: "dailyLimitExceeded dailyLimitExceededUnreg limitExceeded quotaExceeded variableTermExpiredDailyExceeded",
      throttled:
        "concurrentLimitExceeded concurrentOperationLimitExceeded rateLimitExceeded rateLimitExceededUnreg servingLimitExceeded userRateLimitExceeded userRateLimitExceededUnreg variableTermLimitExceeded operationRateExceeded resourceOperationRateExceeded",
      configuration: "responseTooLarge sslRequired",
    },
  },
  {
    source: "reasons of all Google APIs, HTTP 404 and later",
    action: "instances.bulkInsert",
    status: 404,
    codes: {
      configuration:
        "notFound resourceNotFound deleted gone unsupportedMediaProtocol httpMethodNotAllowed backendRequestTooLarge batchSizeTooLarge uploadTooLarge requestedRangeNotSatisfiable expectationFailed preconditionRequired notImplemented",
    },
  },
  {
    source: "the same, of something that the cluster has made",
    action: "instances.delete",
    status: 404,
    codes: { gone: "notFound deleted gone" },
  },
  {
    source: "conflicts, HTTP 409 and 412",
    action: "firewalls.patch",
    status: 412,
    codes: {
      transient: "conditionNotMet conflict preconditionFailed aborted",
      configuration: "alreadyExists duplicate",
    },
  },
  {
    source: "policies, HTTP 412",
    action: "instances.insert",
    status: 412,
    codes: { policy: "conditionNotMet" },
  },
  {
    source: "reasons of all Google APIs, HTTP 500 and later",
    action: "instances.insert",
    status: 503,
    codes: {
      transient: "backendError internalError backendNotConnected gatewayTimeout serviceUnavailable badGateway",
      capacity: "insufficientCapacity resourcePoolExhausted stockout",
    },
  },
];

/** `error.details[].reason`: google/api/error_reason.proto, and Compute Engine's catalog of errors. */
const DETAILS: readonly PublishedCodes[] = [
  {
    source: "google/api/error_reason.proto and Compute Engine's catalog",
    action: "instances.insert",
    status: 403,
    codes: {
      permission:
        "SERVICE_DISABLED BILLING_DISABLED USER_PROJECT_DENIED ACCESS_TOKEN_SCOPE_INSUFFICIENT SERVICE_NOT_VISIBLE IAM_PERMISSION_DENIED MCP_SERVER_DISABLED UREQ_PROJECT_BILLING_NOT_FOUND PERMISSIONS_ERROR",
      credentials:
        "API_KEY_INVALID API_KEY_SERVICE_BLOCKED API_KEY_HTTP_REFERRER_BLOCKED API_KEY_IP_ADDRESS_BLOCKED API_KEY_ANDROID_APP_BLOCKED API_KEY_IOS_APP_BLOCKED CONSUMER_SUSPENDED ACCESS_TOKEN_EXPIRED ACCOUNT_STATE_INVALID ACCESS_TOKEN_TYPE_UNSUPPORTED CREDENTIALS_MISSING SESSION_COOKIE_INVALID USER_BLOCKED_BY_ADMIN GCP_SUSPENDED MISSING_ORIGIN OVERLOADED_CREDENTIALS CREDENTIAL_ANDROID_APP_INVALID JWT_TOKEN_INVALID CREDENTIAL_TYPE_UNSUPPORTED ACCOUNT_TYPE_UNSUPPORTED",
      throttled: "RATE_LIMIT_EXCEEDED CONCURRENT_OPERATIONS_QUOTA_EXCEEDED RESOURCE_OPERATION_RATE_EXCEEDED",
      quota: "RESOURCE_QUOTA_EXCEEDED EMULATOR_QUOTA_EXCEEDED",
      policy:
        "LOCATION_TAX_POLICY_VIOLATED SECURITY_POLICY_VIOLATED RESOURCE_USAGE_RESTRICTION_VIOLATED ORG_RESTRICTION_VIOLATION ORG_RESTRICTION_HEADER_INVALID LOCATION_POLICY_VIOLATED LOCATION_ORG_POLICY_VIOLATED TLS_ORG_POLICY_VIOLATED ENDPOINT_USAGE_RESTRICTION_VIOLATED TLS_CIPHER_RESTRICTION_VIOLATED CUSTOM_ORG_POLICY_VIOLATION",
      configuration:
        "CONSUMER_INVALID RESOURCE_PROJECT_INVALID SYSTEM_PARAMETER_UNSUPPORTED INVALID_FIELD_VALUE FIELD_SIZE_TOO_LARGE MISSING_REQUIRED_FIELD PROJECT_NOT_FOUND NETWORK_NOT_FOUND",
      transient: "SERVICE_UNAVAILABLE_FOR_LOCATION",
    },
  },
];

/** `error.errors[].code` of operations, which end in this way after HTTP 200. */
const OPERATIONS: readonly PublishedCodes[] = [
  {
    source: "operations that make machines",
    action: "instances.bulkInsert",
    status: undefined,
    codes: {
      capacity:
        "ZONE_RESOURCE_POOL_EXHAUSTED ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS REGION_RESOURCE_POOL_EXHAUSTED RESOURCE_POOL_EXHAUSTED REGION_RESOURCE_STOCKOUT ZONE_RESOURCE_STOCKOUT GPU_STOCKOUT INSUFFICIENT_CAPACITY resource_availability IP_SPACE_EXHAUSTED IP_SPACE_EXHAUSTED_WITH_DETAILS SUBNET_IP_SPACE_EXHAUSTED UNSUPPORTED_OPERATION VM_MIN_COUNT_NOT_REACHED OPERATION_CANCELED_BY_USER PREEMPTED HOST_ERROR",
      quota: "QUOTA_EXCEEDED LIMIT_EXCEEDED RESOURCE_USAGE_EXCEEDED",
      policy: "CONDITION_NOT_MET ORG_POLICY_VIOLATION",
      permission: "PERMISSIONS_ERROR PERMISSION_DENIED SERVICE_ACCOUNT_ACCESS_DENIED ACCESS_DENIED BILLING_NOT_FOUND",
      throttled: "RESOURCE_OPERATION_RATE_EXCEEDED OPERATION_RATE_EXCEEDED",
      transient:
        "RESOURCE_NOT_READY RESOURCE_IN_USE_BY_ANOTHER_RESOURCE RESOURCE_IN_USE IP_IN_USE_BY_ANOTHER_RESOURCE OPERATION_IN_PROGRESS INTERNAL_ERROR BACKEND_ERROR SERVICE_UNAVAILABLE DEADLINE_EXCEEDED TIMEOUT UNKNOWN_ERROR",
      configuration:
        "INVALID_USAGE INVALID_PARAMETER INVALID_FIELD_VALUE INVALID_ARGUMENT INVALID_STATE INVALID_REFERENCE INVALID_IMAGE RESOURCE_ALREADY_EXISTS RESOURCE_NOT_FOUND RESOURCE_GROUP_NOT_FOUND IMAGE_NOT_FOUND SUBNETWORK_NOT_FOUND SERVICE_ACCOUNT_NOT_FOUND UNSUPPORTED_FEATURE WRONG_SUBNETWORK FAILED_PRECONDITION OUT_OF_RANGE UNIMPLEMENTED",
    },
  },
  {
    source: "operations that delete",
    action: "instances.delete",
    status: undefined,
    codes: {
      gone: "RESOURCE_NOT_FOUND",
      transient:
        "CONDITION_NOT_MET UNSUPPORTED_OPERATION INVALID_USAGE RESOURCE_NOT_READY RESOURCE_IN_USE_BY_ANOTHER_RESOURCE INTERNAL_ERROR OPERATION_CANCELED_BY_USER ABORTED",
      throttled: "RESOURCE_OPERATION_RATE_EXCEEDED",
      permission: "PERMISSIONS_ERROR",
    },
  },
];

/** All lists. */
export const PUBLISHED: readonly PublishedCodes[] = [...HTTP, ...DETAILS, ...OPERATIONS];
