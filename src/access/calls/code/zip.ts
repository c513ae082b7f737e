import { crc32, deflateRawSync } from "node:zlib";

/** A file for an archive. */
export interface ZipEntry {
  /** With slashes, relative. */
  readonly name: string;
  readonly content: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const UTF8 = 0x0800;
const DEFLATED = 8;
/** 1 January 1980: the same files are the same archive. */
const DATE = 0x21;
const REGULAR_FILE = 0o100644;

/** A zip of these files, in their order. Neither Zip64 nor directories: at most 65,535 files and 4 GiB. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const encoded = Buffer.from(name, "utf8");
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(UTF8, 2);
    common.writeUInt16LE(DEFLATED, 4);
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.byteLength, 14);
    common.writeUInt32LE(content.byteLength, 18);
    common.writeUInt16LE(encoded.byteLength, 22);
    const local = Buffer.concat([word(LOCAL), common, encoded, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((REGULAR_FILE << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(word(CENTRAL), Buffer.from([VERSION, 3]), common, tail, encoded);
    parts.push(local);
    offset += local.byteLength;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.byteLength, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, word(END), end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
