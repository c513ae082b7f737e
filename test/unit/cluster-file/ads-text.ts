interface AdsParts {
  readonly kind?: string;
  readonly name?: string;
  readonly replicas?: number | string;
  readonly main?: number;
  readonly env?: string;
  readonly entry?: string;
  readonly runtime?: string;
  readonly scheduler?: readonly string[];
  readonly worker?: readonly string[];
  /** Its certificates by OCID: downloaded to these places. */
  readonly certificate?: boolean | string;
  /** Further lines of the infrastructure's spec. */
  readonly place?: string;
  /** Further lines of the cluster's spec. */
  readonly extra?: string;
  /** Further lines of the runtime's spec. */
  readonly program?: string;
}

/** A document of `ads opctl run`, as its users write them. */
export function adsText({
  kind = "Dask",
  name = "Fit Trees",
  replicas,
  main,
  env = "[]",
  entry = "fit.py",
  runtime = "",
  scheduler = [],
  worker = [],
  certificate = false,
  place = "",
  extra = "",
  program = "",
}: AdsParts = {}): string {
  const list = (texts: readonly string[]): string => JSON.stringify(texts);
  const certificates = `
      certificate:
        caCert: { id: ocid1.certificateauthority.oc1.iad.x, downloadLocation: /code/none-ca.pem }
        cert: { id: ocid1.certificate.oc1.iad.x, certDownloadLocation: /code/none.pem, keyDownloadLocation: /code/none.key }`;
  return `kind: distributed
apiVersion: v1.0
spec:
  infrastructure:
    kind: infrastructure
    type: dataScienceJob
    apiVersion: v1.0
    spec:
      projectId: oci.project
      compartmentId: ocid1.compartment.oc1..a
      displayName: trees
      logGroupId: oci.group
      logId: oci.log
      subnetId: ocid1.subnet.oc1.iad.a
      shapeName: VM.Standard.E4.Flex
      blockStorageSize: 60
      ${place}
  cluster:
    kind: ${kind}
    apiVersion: v1.0
    spec:
      image: registry.example/team/dask:1
      workDir: oci://bucket@tenancy/run
      name: ${name}
      ${extra}${certificate === true ? certificates : certificate === false ? "" : certificate}
      main:
        ${main === undefined ? "" : `replicas: ${main}`}
        config: { startOptions: ${list(scheduler)} }
      worker:
        config: { startOptions: ${list(worker)} }
        ${replicas === undefined ? "" : `replicas: ${replicas}`}
  runtime:
    kind: python
    apiVersion: v1.0
    ${runtime === "" ? "" : runtime.split("\n")[0]}
    spec:
      ${runtime
        .split("\n")
        .slice(1)
        .map((line) => line.trim())
        .join("\n      ")}
      entryPoint: ${entry}
      ${program}
      env: ${env}
`;
}
