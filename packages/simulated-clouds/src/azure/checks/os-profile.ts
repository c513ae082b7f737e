import { invalidParameter, missingParameter } from "../api-error.ts";
import type { VmProperties } from "../bodies/virtual-machine.ts";

type OsProfile = NonNullable<VmProperties["osProfile"]>;

/** From the reference of `osProfile.adminUsername`; there are more. */
const RESERVED = new Set(
  (
    "administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet backup console david " +
    "guest john owner root server sql support support_388945a0 sys test2 test3 user4 user5"
  ).split(" "),
);
const MOST_DATA = 65_535;
const FORBIDDEN_IN_HOST = /[`~!@#$%^&*()=+_[\]{}\\|;:'",<>/?.\s]/u;

/** @throws ApiError where Azure would make no such machine. Gives the decoded user data. */
export function checkOsProfile(profile: OsProfile | undefined): { computerName: string; userData: Buffer | undefined } {
  if (profile === undefined) throw missingParameter("osProfile");
  const { computerName, adminUsername, customData } = profile;
  if (computerName === undefined) throw missingParameter("osProfile.computerName");
  checkHostName(computerName);
  if (adminUsername === undefined || adminUsername === "") throw missingParameter("osProfile.adminUsername");
  if (RESERVED.has(adminUsername.toLowerCase()) || !/^[a-z_][a-z0-9_.-]{0,63}$/iu.test(adminUsername)) {
    throw invalidParameter(
      "The Admin Username specified is not allowed. For more information about disallowed usernames, see " +
        "https://aka.ms/vmosprofile",
      "adminUsername",
    );
  }
  checkLogin(profile, adminUsername);
  return { computerName, userData: customData === undefined ? undefined : decoded(customData) };
}

export function checkHostName(name: string): void {
  const isNumber = /^\d+$/u.test(name);
  if (name !== "" && name.length <= 64 && !FORBIDDEN_IN_HOST.test(name) && !name.endsWith("-") && !isNumber) return;
  throw invalidParameter(
    "Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ " +
      "[ ] { } \\ | ; : ' \" , < > / ?.",
    "computerName",
  );
}

function checkLogin({ adminPassword, linuxConfiguration }: OsProfile, user: string): void {
  const { disablePasswordAuthentication = false, ssh } = linuxConfiguration ?? {};
  const keys = ssh?.publicKeys ?? [];
  if (disablePasswordAuthentication ? keys.length === 0 : adminPassword === undefined) {
    throw invalidParameter(
      "Authentication using either SSH or by user name and password must be enabled in Linux profile. For more information, " +
        "see https://aka.ms/linuxsshkey",
      "linuxConfiguration",
    );
  }
  if (disablePasswordAuthentication && adminPassword !== undefined) {
    throw invalidParameter(
      "Parameter 'adminPassword' is not allowed where password authentication is disabled.",
      "adminPassword",
    );
  }
  for (const { path, keyData } of keys) {
    if (path !== `/home/${user}/.ssh/authorized_keys`) {
      throw invalidParameter(
        `Destination path for SSH public keys is currently limited to its default value /home/${user}/.ssh/authorized_keys due ` +
          "to a known issue in Linux provisioning agent.",
        "linuxConfiguration.ssh.publicKeys.path",
      );
    }
    if (keyData === undefined || !isPublicKey(keyData)) {
      throw invalidParameter(
        "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.",
        "linuxConfiguration.ssh.publicKeys.keyData",
      );
    }
  }
}

/** A line such as `ssh-ed25519 AAAA… comment`, whose data begin with the same type again. */
function isPublicKey(line: string): boolean {
  const [, type = "", data = ""] = /^(ssh-rsa|ssh-ed25519) ([A-Za-z0-9+/]+={0,2})(?: [^\n]*)?\n?$/u.exec(line) ?? [];
  const bytes = Buffer.from(data, "base64");
  return type !== "" && bytes.length > type.length + 36 && bytes.subarray(4, 4 + type.length).toString() === type;
}

function decoded(customData: string): Buffer {
  const bytes = Buffer.from(customData, "base64");
  if (bytes.toString("base64") === customData && bytes.length <= MOST_DATA) return bytes;
  throw invalidParameter(
    "Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.",
    "customData",
  );
}
