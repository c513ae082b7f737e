import { readFileSync } from "node:fs";

import type { SecurityOptions } from "../../../src/security/security-options.ts";
import type { OpensslFiles } from "./openssl-files.ts";

const USES = ["extendedKeyUsage=serverAuth,clientAuth"];

/** Certificates as users have them, all made by plain OpenSSL, in the forms in which users pass them. */
export const ACCEPTED_VARIANTS: Readonly<Record<string, (files: OpensslFiles) => SecurityOptions>> = {
  "one self-signed certificate as CA, certificate and key (openssl req -x509 -newkey)": (files) => {
    const [cert, key] = [files.path("cert.pem"), files.path("key.pem")];
    const made = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "365"];
    files.run("req", "-x509", ...made, "-subj", "/CN=dask");
    return { tlsCaFile: cert, tlsClientCert: cert, tlsClientKey: key };
  },

  "a self-signed certificate that is not a CA": (files) => {
    const extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=digitalSignature"];
    const { cert, key } = files.selfSigned("no-ca", { extensions });
    return { tlsCaFile: cert, tlsClientCert: cert, tlsClientKey: key };
  },

  "a CA and a signed leaf without any extension": (files) => {
    const ca = files.selfSigned("plain-ca", { key: "rsa:2048" });
    const { cert, key } = files.signed("plain-leaf", ca, { key: "rsa:2048" });
    return { tlsCaFile: ca.cert, tlsClientCert: cert, tlsClientKey: key };
  },

  "a CA and a separate leaf per role, the client's for clients only": (files) => {
    const ca = files.authority("role-ca");
    const scheduler = files.signed("scheduler", ca, { extensions: USES });
    const worker = files.signed("worker", ca, { extensions: USES, key: "rsa:2048" });
    const client = files.signed("client", ca, { extensions: ["extendedKeyUsage=clientAuth"] });
    return {
      tlsCaFile: ca.cert,
      tlsSchedulerCert: scheduler.cert,
      tlsSchedulerKey: scheduler.key,
      tlsWorkerCert: worker.cert,
      tlsWorkerKey: worker.key,
      tlsClientCert: client.cert,
      tlsClientKey: client.key,
    };
  },

  "certificate and key in one PEM": (files) => {
    const ca = files.authority("joint-ca");
    const { cert, key } = files.signed("joint", ca);
    return { tlsCaFile: ca.cert, tlsClientCert: files.join("both.pem", key, cert) };
  },

  "a chain with an intermediate behind the leaf": (files) => {
    const root = files.authority("root");
    const middle = files.intermediate("middle", root);
    const { cert, key } = files.signed("below", middle, { extensions: USES });
    const chain = files.join("chain.pem", cert, middle.cert);
    return { tlsCaFile: root.cert, tlsClientCert: chain, tlsClientKey: key };
  },

  "a chain in reverse order, root included": (files) => {
    const root = files.authority("root2");
    const middle = files.intermediate("middle2", root);
    const { cert, key } = files.signed("below2", middle);
    const chain = files.join("upside-down.pem", root.cert, middle.cert, cert);
    return { tlsCaFile: root.cert, tlsClientCert: chain, tlsClientKey: key };
  },

  "an intermediate in the CA file, among certificates of others": (files) => {
    const root = files.authority("root3");
    const middle = files.intermediate("middle3", root);
    const { cert, key } = files.signed("below3", middle);
    const bundle = files.join("bundle.pem", files.authority("other").cert, middle.cert, root.cert);
    return { tlsCaFile: bundle, tlsClientCert: cert, tlsClientKey: key };
  },

  "a PKCS#1 key, and text around the certificates": (files) => {
    const ca = files.authority("text-ca");
    const { cert, key } = files.signed("text", ca, { key: "rsa:2048" });
    const pkcs1 = files.path("pkcs1.key");
    files.run("rsa", "-in", key, "-traditional", "-out", pkcs1);
    const texts = files.write("texts.pem", files.run("x509", "-in", cert, "-text"));
    return { tlsCaFile: ca.cert, tlsClientCert: texts, tlsClientKey: pkcs1 };
  },

  "a SEC1 key behind EC PARAMETERS, with Windows line ends": (files) => {
    const ca = files.authority("sec1-ca");
    const { cert, key } = files.signed("sec1", ca);
    const parameters = files.run("ecparam", "-name", "prime256v1");
    const sec1 = parameters + files.run("ec", "-in", key);
    return {
      tlsCaFile: ca.cert,
      tlsClientCert: cert,
      tlsClientKey: files.write("sec1.key", sec1.replaceAll("\n", "\r\n")),
    };
  },

  "PEM texts in place of paths, Ed25519": (files) => {
    const { cert, key } = files.selfSigned("ed", { key: "ed25519" });
    const text = readFileSync(cert, "utf8");
    return { tlsCaFile: text, tlsClientCert: text, tlsClientKey: readFileSync(key, "utf8") };
  },

  "a CA renewed with the same name and key": (files) => {
    const ca = files.authority("renewed");
    const { cert, key } = files.signed("old-leaf", ca);
    const renewed = files.path("renewed2.pem");
    files.run("x509", "-in", ca.cert, "-signkey", ca.key, "-days", "900", "-out", renewed);
    return { tlsCaFile: files.join("both-cas.pem", ca.cert, renewed), tlsClientCert: cert, tlsClientKey: key };
  },
};
