import type { SecretReference } from "./secret-reference.ts";

/** A reference as text, which `parseReference` reads back as the same. */
export function referenceText(reference: SecretReference): string {
  const field = "field" in reference && reference.field !== undefined ? `#${reference.field}` : "";
  return `${reference.store}:${nameIn(reference)}${query(parametersOf(reference))}${field}`;
}

function nameIn(reference: SecretReference): string {
  switch (reference.store) {
    case "aws-sm":
    case "aws-ssm":
      return reference.id;
    case "gcp-sm":
      return reference.name.replace(/\/versions\/latest$/, "");
    case "azure-kv": {
      const version = reference.version === undefined ? "" : `/${reference.version}`;
      const [, name] = /^https:\/\/([^.]+)\.vault\.azure\.net$/.exec(reference.vault) ?? [];
      return name === undefined
        ? `${reference.vault}/secrets/${reference.name}${version}`
        : `${name}/${reference.name}${version}`;
    }
    case "oci-cert":
    case "oci-cert-authority":
    case "oci-vault":
      return reference.ocid;
    case "vault":
    default:
      return reference.url;
  }
}

function parametersOf(reference: SecretReference): Readonly<Record<string, string | undefined>> {
  if (reference.store === "aws-sm" || reference.store === "aws-ssm") {
    return { region: reference.region, version: reference.version };
  }
  if (reference.store !== "vault") return {};
  const { auth, role, mount, namespace } = reference;
  return { auth, role, mount, namespace };
}

function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return given.length === 0 ? "" : `?${given.join("&")}`;
}
