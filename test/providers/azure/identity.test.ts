import { setDefaultCACertificates, getCACertificates } from "node:tls";

import { expect, onTestFinished, test, vi } from "vitest";

import {
  attestedClaims,
  authorities,
  metadataCertificate,
  signedData,
} from "../../../packages/simulated-clouds/src/azure/attested-data.ts";
import { loopbackTrust } from "../../../packages/simulated-clouds/src/core/loopback-tls.ts";
import { certify, pemOf } from "../../../packages/simulated-clouds/src/identity/certificate.ts";
import { signedMessage } from "../../../packages/simulated-clouds/src/identity/signed-message.ts";
import type { AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { KEY, OTHER_KEY, askedIdentity } from "../asked-identity.ts";
import { type OpenCluster, TestSubscription, anHour } from "./subscription.ts";

interface Given {
  readonly cluster: OpenCluster;
  readonly first: Machine;
  /** What Azure signs about the first machine, and the second. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly others: Readonly<Record<string, unknown>>;
  /** The verdict about the first machine. */
  readonly verdict: (document: string, key256?: string) => Promise<string | undefined>;
}

async function twoWorkers(azure: TestSubscription, options: AzureVMClusterOptions = {}): Promise<Given> {
  const cluster = await azure.prepared(options);
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { machines } = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  await vi.waitUntil(() => azure.cloud.machines.every(({ powerState }) => powerState === "running"), 20_000);
  const [first, second] = machines;
  if (first === undefined || second === undefined) throw new Error("no machines were made");
  const claims = ({ id }: Machine): Readonly<Record<string, unknown>> => {
    const vm = azure.cloud.account.vms.all.find(({ name }) => name === id);
    if (vm === undefined) throw new Error("no such VM");
    return attestedClaims(vm, KEY.slice(0, 32));
  };
  const verdict: Given["verdict"] = async (document, key256 = KEY) =>
    await cluster.provider.verifyIdentity(first, { document, key256 }, anHour());
  return { cluster, first, own: claims(first), others: claims(second), verdict };
}

function surroundings({ cloud }: TestSubscription, { id }: Machine): Record<string, string> {
  const { CURL_CA_BUNDLE = "" } = loopbackTrust();
  return { DASK_FLEET_METADATA_URL: `${cloud.endpoint}/imds/${id}`, SSL_CERT_FILE: CURL_CA_BUNDLE };
}

test("a machine's own attested data is good for its own key alone", async () => {
  await using azure = await TestSubscription.open();
  const { cluster, first, verdict } = await twoWorkers(azure);
  expect(cluster.provider.capabilities.identity).toBe("azure");
  // The service answers with an earlier message first.
  azure.cloud.attested.staleNonces = ["0000000000"];
  const document = await askedIdentity("azure", surroundings(azure, first));
  expect(await verdict(document)).toBeUndefined();
  expect(await verdict(document, OTHER_KEY)).toContain(`the key ${KEY.slice(0, 32)}, not ${OTHER_KEY.slice(0, 32)}`);
});

test("attested data of others, of another time, and changed one is refused", async () => {
  await using azure = await TestSubscription.open();
  const { own, others, verdict } = await twoWorkers(azure);
  const signed = (changes: object): string => signedData(azure.cloud.endpoint, { ...own, ...changes });
  const flipped = Buffer.from(signed({}), "base64");
  const at = flipped.indexOf("licenseType");
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  const timeStamp = { createdOn: "11/28/18 00:16:17 -0000", expiresOn: "11/28/18 06:16:17 -0000" };
  const attacks = {
    stolen: signed({ vmId: others["vmId"] }),
    subscription: signed({ subscriptionId: "00000000-0000-4000-8000-00000000dead" }),
    nonce: signed({ nonce: "0000000000" }),
    expired: signed({ timeStamp }),
    future: signed({ timeStamp: { createdOn: "11/28/98 00:16:17 -0000", expiresOn: "11/28/98 06:16:17 -0000" } }),
    timeless: signed({ timeStamp: "now" }),
    flipped: flipped.toString("base64"),
    nonsense: "bm9uc2Vuc2U=",
  };
  const verdicts = await Promise.all(
    Object.entries(attacks).map(async ([name, document]) => [name, await verdict(document)] as const),
  );
  expect(Object.fromEntries(verdicts)).toEqual({
    stolen: expect.stringContaining(`the machine ${String(others["vmId"])}, not ${String(own["vmId"])}`),
    subscription: expect.stringContaining("the subscription 00000000-0000-4000-8000-00000000dead"),
    nonce: expect.stringContaining("the key 0000000000"),
    expired: expect.stringContaining("expired at 11/28/18 06:16:17"),
    future: expect.stringContaining("of the future"),
    timeless: expect.stringContaining("does not tell when"),
    flipped: "its attested data is signed with no certificate that it contains",
    nonsense: expect.stringContaining("cannot be read"),
  });
});

test("only the metadata service's own certificate counts, under a trusted root", async () => {
  await using azure = await TestSubscription.open();
  const { own, verdict } = await twoWorkers(azure);
  const text = JSON.stringify(own);
  const issuerUrl = `${azure.cloud.endpoint}/pki/intermediate.crt`;
  const azures = metadataCertificate({ issuerUrl });
  const anybodys = metadataCertificate({ issuerUrl, dnsNames: ["metadata.azure.com.example.org"] });
  const strangers = certify({ commonName: "stranger", authority: true });
  const forged = metadataCertificate({ issuer: strangers, issuerUrl });
  const rootless = metadataCertificate({ issuer: strangers });
  const elsewhere = metadataCertificate({ issuer: strangers, issuerUrl: "http://127.0.0.1:1/latest/meta-data" });
  const over = metadataCertificate({ issuerUrl, validDays: [-9, -1] });
  expect(await verdict(signedMessage(text, azures, [azures.certificate]))).toBeUndefined();
  // Azure's certificate comes along, and another's key signs.
  const bag = signedMessage(text, anybodys, [azures.certificate, anybodys.certificate]);
  expect(await verdict(bag)).toContain(
    "not signed by Azure's metadata service, but by DNS:metadata.azure.com.example.org",
  );
  expect(await verdict(signedMessage(text, anybodys, [azures.certificate]))).toContain(
    "no certificate that it contains",
  );
  expect(await verdict(signedMessage(text, forged, [forged.certificate]))).toContain("whose issuer did not sign it");
  expect(await verdict(signedMessage(text, rootless, [rootless.certificate]))).toContain(
    "no root which is trusted here",
  );
  expect(await verdict(signedMessage(text, elsewhere, [elsewhere.certificate]))).toContain("no root which is trusted");
  expect(await verdict(signedMessage(text, over, [over.certificate]))).toContain("not valid now");
});

test("roots that Node trusts count without the option, and no others", async () => {
  await using azure = await TestSubscription.open();
  vi.stubEnv("DASK_CLOUDPROVIDER__AZURE__AZUREVM__IDENTITY_CERTIFICATES", undefined);
  const without = await twoWorkers(azure);
  const document = signedData(azure.cloud.endpoint, without.own);
  expect(await without.verdict(document)).toContain("no root which is trusted here (CN=Simulated TLS RSA Root)");
  const before = getCACertificates("default");
  onTestFinished(() => setDefaultCACertificates(before));
  setDefaultCACertificates([...before, pemOf(authorities().root.certificate)]);
  const other = azure.cluster({ allowedCidrs: ["127.0.0.1/32"] });
  const proof = { document, key256: KEY };
  expect(await other.provider.verifyIdentity(without.first, proof, anHour())).toBeUndefined();
});

test("certificates that cannot be had are a transient failure that names the way out", async () => {
  await using azure = await TestSubscription.open();
  const { own, verdict } = await twoWorkers(azure);
  const signer = metadataCertificate({ issuerUrl: `${azure.cloud.endpoint}/pki/gone.crt` });
  const asked = verdict(signedMessage(JSON.stringify(own), signer, [signer.certificate]));
  await expect(asked).rejects.toMatchObject({ code: "PROVIDER_FAILED", meaning: "transient" });
  await expect(asked).rejects.toThrow(/gone\.crt: HTTP status 400.*`identityCertificates`/u);
});

test("a machine whose id Azure does not tell yet may ask again", async () => {
  await using azure = await TestSubscription.open();
  const { cluster, first } = await twoWorkers(azure);
  const asked = cluster.provider.verifyIdentity(
    { ...first, id: "in-no-list" },
    { document: "", key256: KEY },
    anHour(),
  );
  await expect(asked).rejects.toMatchObject({ code: "PROVIDER_FAILED", meaning: "transient" });
});
