import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { runInNewContext } from "node:vm";

import { expect, test } from "vitest";

import { registry } from "../../providers/registry.ts";
import { type Ran, runStep } from "./steps/step.ts";

const PAGE = readFileSync(new URL("../../docs/private-registries.md", import.meta.url), "utf8");
const SECRET = "hunter2-pulls";

/** The commands that a recipe of the page gives to machines, by its heading. */
function recipe(heading: string): string {
  const section = PAGE.split(`\n## ${heading}\n`)[1] ?? "";
  const code = /```ts\n([^]*?)```/u.exec(section)?.[1] ?? "";
  let commands: readonly string[] = [];
  // Called with `new`, as the recipes do.
  function Cluster(options: Readonly<Record<"preBootstrap" | "extraBootstrap", readonly string[] | undefined>>): void {
    commands = options.preBootstrap ?? options.extraBootstrap ?? [];
  }
  const classes = Object.fromEntries(registry.map(({ className }) => [className, Cluster]));
  runInNewContext(stripTypeScriptTypes(code), {
    ...classes,
    Buffer,
    process: { env: { REGISTRY_TOKEN: SECRET, REGISTRY_PASSWORD: SECRET } },
  });
  expect(commands.length).toBeGreaterThan(0);
  return ["set -e", ...commands].join("\n");
}

/** As machine.sh runs them; `docker` records its input. */
async function follow(heading: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const step = recipe(heading);
  const ran = await runStep(`${step}\ncat /root/.docker/config.json /var/told 2>/dev/null || true`, {
    commands: { docker: "cat >/var/told", "apt-get": "true", ...more },
    before: "mount -t tmpfs none /root",
  });
  expect(ran.status).toBe(0);
  // No secret in any command line.
  expect(ran.calls.join("\n")).not.toMatch(/hunter2|of-azure/u);
  return ran;
}

test("Amazon's helper is installed and named for the registry", async () => {
  const ran = await follow("Amazon ECR");
  expect(ran.calls.at(-1)).toMatch(/apt-get .*install .*amazon-ecr-credential-helper/u);
  expect(JSON.parse(ran.output)).toEqual({
    credHelpers: { "123456789012.dkr.ecr.eu-central-1.amazonaws.com": "ecr-login" },
  });
});

test("Google's registry gets the service account's token", async () => {
  const answer = JSON.stringify({ access_token: SECRET, expires_in: 3599, token_type: "Bearer" });
  const ran = await follow("Google Artifact Registry", {
    curl: `[[ $* == *"Metadata-Flavor: Google"*service-accounts/default/token ]] && echo '${answer}'`,
  });
  expect(ran.output).toBe(`${SECRET}\n`);
  expect(ran.calls).toContain(
    "docker login --username oauth2accesstoken --password-stdin https://europe-west3-docker.pkg.dev",
  );
});

test("Azure's registry exchanges the identity's token for its own", async () => {
  const told = JSON.stringify({ access_token: "of-azure", client_id: "1", resource: "https://management.azure.com/" });
  const ran = await follow("Azure Container Registry", {
    curl: `case "$*" in
      *Metadata:true*) echo '${told}' ;;
      *"access_token@- https://myregistry.azurecr.io/oauth2/exchange") [[ $(cat; echo .) == of-azure. ]] && echo '{"refresh_token": "${SECRET}"}' ;;
    esac`,
  });
  expect(ran.output).toBe(SECRET);
  expect(ran.calls.join("\n")).toMatch(
    /^docker login --username 0{8}-0{4}-.* --password-stdin myregistry\.azurecr\.io$/mu,
  );
});

test("any registry gets the password on standard input", async () => {
  const ran = await follow("Any registry with a name and a password");
  expect(ran.output).toBe(`${SECRET}\n`);
});

test("DigitalOcean's gets the token as name and password", async () => {
  const ran = await follow("DigitalOcean Container Registry");
  const { auths } = JSON.parse(ran.output) as { auths: Record<string, { auth: string }> };
  expect(Buffer.from(auths["registry.digitalocean.com"]?.auth ?? "", "base64").toString()).toBe(`${SECRET}:${SECRET}`);
});

test("Docker comes from a mirror with its own key, before the bootstrap would install it", async () => {
  const ran = await runStep(`${recipe("Docker from a mirror of your own")}\ncat /etc/apt/sources.list.d/docker.list`, {
    commands: { "apt-get": "true" },
  });
  expect(ran).toMatchObject({ status: 0, output: expect.stringContaining("https://mirror.example.com/docker noble") });
  expect(ran.calls.at(-1)).toMatch(/install .*docker-ce docker-ce-cli containerd\.io$/u);
});
