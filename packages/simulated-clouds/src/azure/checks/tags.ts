import { badRequest } from "../api-error.ts";
import type { Tags } from "../bodies/common.ts";

const MOST = 50;
const LONGEST_NAME = 512;
const LONGEST_VALUE = 256;

/** @throws ApiError where Azure would not have these tags */
export function checkTags(tags: Tags = {}): void {
  const entries = Object.entries(tags);
  if (entries.length > MOST) {
    throw badRequest(
      "TooManyTags",
      `Too many tags on the resource: ${entries.length}. The maximum allowed is ${MOST}.`,
    );
  }
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  if (names.size < entries.length)
    throw badRequest("InvalidTags", "Tag names are case-insensitive and must be unique.");
  for (const [name, value] of entries) {
    if (name === "" || /[<>%&\\?/]/u.test(name)) {
      throw badRequest(
        "InvalidTagNameCharacters",
        `The tag names '${name}' have reserved characters '<,>,%,&,\\,?,/' or control characters.`,
      );
    }
    if (name.length > LONGEST_NAME) {
      throw badRequest(
        "TagNameTooLong",
        `Tag name too large. Maximum allowed length for tag name - '${LONGEST_NAME}'.`,
      );
    }
    if (value.length > LONGEST_VALUE) {
      throw badRequest(
        "TagValueTooLong",
        `Tag value too large. Following tag value '${value}' exceeded the maximum length. Maximum allowed length for tag ` +
          `value - '${LONGEST_VALUE}' characters.`,
      );
    }
  }
}
