import { invalid } from "../../options/invalid.ts";

/**
 * How a machine asks for an image. `name:tag@sha256:…` goes by its digest alone: the tag is for readers, and older podman takes no
 * reference with both.
 */
export function imageReference(image: string): string {
  const at = image.indexOf("@");
  if (at === -1) return image;
  if (!/^@sha256:[0-9a-f]{64}$/u.test(image.slice(at))) {
    throw invalid(
      `dockerImage ${JSON.stringify(image)}: a digest is "sha256:" and 64 hexadecimal digits in lower case.`,
    );
  }
  // The port of a registry is followed by a slash.
  return image.slice(0, at).replace(/:[^:/]*$/u, "") + image.slice(at);
}
