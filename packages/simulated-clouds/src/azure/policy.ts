import type { WireRequest } from "../core/http-cloud.ts";
import { ApiError } from "./api-error.ts";
import type { Route } from "./routes.ts";

/** An Azure Policy with the effect `deny` that is assigned to the subscription. */
export interface Policy {
  readonly displayName: string;
  /** Both are documented. @default 403 */
  readonly status?: 403 | 409 | undefined;
  /** @param made what the request makes: its resource, and the parts that Azure makes with it */
  denies(made: Made): boolean;
}

export interface Made {
  readonly kind: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Whatever is made must have a tag. */
export function requiresTag(tag: string, status?: Policy["status"]): Policy {
  return { displayName: `Require a ${tag} tag on resources`, status, denies: ({ tags }) => tags[tag] === undefined };
}

export const NO_PUBLIC_ADDRESSES: Policy = {
  displayName: "Network interfaces should not have public IPs",
  denies: ({ kind }) => kind === "publicIPAddresses",
};

/** @throws ApiError where a policy forbids what is asked for */
export function assertAllowed(policies: readonly Policy[], { operation, parts }: Route, request: WireRequest): void {
  if (policies.length === 0 || !operation.endsWith("_CreateOrUpdate")) return;
  const body = JSON.parse(request.body.toString()) as Body;
  const kind = /\/providers\/[^/]+\/(?<kind>[^/]+)/u.exec(request.url.pathname)?.groups?.["kind"] ?? "";
  const made = [{ kind, name: parts["name"] ?? "", tags: body.tags ?? {} }, ...partsIn(body)];
  for (const policy of policies) {
    const denied = made.find((each) => policy.denies(each));
    if (denied !== undefined) throw disallowed(policy, denied.name);
  }
}

interface Body {
  readonly name?: string;
  readonly tags?: Made["tags"];
  readonly properties?: {
    readonly virtualMachineProfile?: Body["properties"];
    readonly networkProfile?: { readonly networkInterfaceConfigurations?: readonly Body[] };
    readonly ipConfigurations?: readonly { readonly properties?: { readonly publicIPAddressConfiguration?: Body } }[];
  };
}

function partsIn({ properties = {} }: Body): readonly Made[] {
  const { networkProfile } = properties.virtualMachineProfile ?? properties;
  const interfaces = networkProfile?.networkInterfaceConfigurations ?? [];
  const addresses = interfaces
    .flatMap((each) => each.properties?.ipConfigurations ?? [])
    .flatMap((each) => each.properties?.publicIPAddressConfiguration ?? []);
  const made = (kind: string) => (part: Body) => ({ kind, name: part.name ?? "", tags: part.tags ?? {} });
  return [...interfaces.map(made("networkInterfaces")), ...addresses.map(made("publicIPAddresses"))];
}

function disallowed({ displayName, status = 403 }: Policy, resource: string): ApiError {
  const [assignment, definition] = ["0b1f6471bf004ddaaec3cb92", "871b6d14-10aa-478d-b590-94f262ecfa99"];
  const scope = "/subscriptions/5ab5c417-0000-4000-8000-00000000da5c";
  const [assignmentId, definitionId] = ["policyAssignments", "policyDefinitions"].map(
    (kind, nth) => `${scope}/providers/Microsoft.Authorization/${kind}/${[assignment, definition][nth]}`,
  );
  const identifiers = [
    {
      policyAssignment: { name: displayName, id: assignmentId },
      policyDefinition: { name: displayName, id: definitionId },
    },
  ];
  return new ApiError(
    status,
    "RequestDisallowedByPolicy",
    `Resource '${resource}' was disallowed by policy. Policy identifiers: '${JSON.stringify(identifiers)}'.`,
    {
      target: resource,
      additionalInfo: [
        {
          type: "PolicyViolation",
          info: {
            policyDefinitionDisplayName: displayName,
            policyDefinitionId: definitionId,
            policyDefinitionName: definition,
            policyDefinitionEffect: "deny",
            policyAssignmentDisplayName: displayName,
            policyAssignmentId: assignmentId,
            policyAssignmentName: assignment,
            policyAssignmentScope: scope,
            policyAssignmentParameters: {},
            evaluationDetails: { evaluatedExpressions: [] },
          },
        },
      ],
    },
  );
}
